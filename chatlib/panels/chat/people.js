// Quem está na sala: todos, em ordem alfabética, e um campo para procurar quando são muitos.

const MANY = 12; // a partir de quantas pessoas há o que procurar
const ALPHABET = new Intl.Collator("pt-BR", { numeric: true });

function createPeople(talkTo) {
  const node = create("div", "chatlib-people");
  node.hidden = true;
  const title = create("span", "chatlib-count");
  const filter = create("input", "chatlib-input chatlib-filter", "", {
    type: "search", autocomplete: "off", placeholder: "procurar", "aria-label": "Procurar quem está na sala",
  });
  const list = create("ul", "chatlib-names", "", { "aria-label": "Quem está na sala" });
  const items = new Map(); // os nomes ficam de uma remessa para a outra, e o foco do teclado com eles
  const head = create("div", "chatlib-crowd");
  head.append(title, filter);
  node.append(head, list);

  function createName(name, me) {
    const attributes = name === me ? { title: "Você" } : { type: "button", title: `Escrever só para ${name}` };
    const button = create(name === me ? "span" : "button", "chatlib-name", name, { dir: "auto", ...attributes });
    paint(button, name);
    if (name !== me) button.addEventListener("click", () => talkTo(name));
    const item = create("li", "");
    item.append(button);
    return item;
  }

  function search() {
    const wanted = filter.hidden ? "" : plain(filter.value.trim());
    let found = 0;
    for (const item of items.values()) {
      item.hidden = !plain(item.textContent).includes(wanted);
      found += !item.hidden;
    }
    const all = `${number.format(items.size)} na sala`;
    write(title, wanted ? `${number.format(found)} de ${all}` : all);
  }

  filter.addEventListener("input", search);
  filter.addEventListener("keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return; // um acento ou ideograma pela metade
    if (event.key === "Enter") list.querySelector("li:not([hidden]) > button")?.click();
    else if (event.key !== "Escape") return;
    event.preventDefault();
    filter.value = "";
    search();
  });

  return {
    node,
    show(people, me) {
      node.hidden = !people.length;
      filter.hidden = people.length <= MANY;
      const sorted = [...people].sort(ALPHABET.compare);
      const shown = new Map(sorted.map((name) => [`${name === me} ${name}`, name]));
      for (const [key, item] of items) {
        if (shown.has(key)) continue;
        item.remove();
        items.delete(key);
      }
      people.forEach(seatOf); // a cor segue a ordem de chegada
      let place = list.firstChild;
      for (const [key, name] of shown) {
        if (!items.has(key)) items.set(key, createName(name, me));
        if (items.get(key) === place) place = place.nextSibling; // quem já está no lugar não se mexe
        else list.insertBefore(items.get(key), place);
      }
      search();
    },
  };
}
