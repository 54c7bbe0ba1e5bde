// Quem está na sala: uma tabela que só muda onde a sala mudou, com centenas de pessoas também.

const FEW = 10; // até aqui, a lista se vê inteira e não precisa de filtro
const DOUBT = 6000; // milissegundos que uma pergunta espera pela confirmação
const TIME = new Intl.DateTimeFormat("pt-BR", { timeStyle: "short" });
const DATE = new Intl.DateTimeFormat("pt-BR", { day: "2-digit", month: "2-digit" });
const { compare } = new Intl.Collator("pt-BR");

// Um botão que pergunta antes de agir: o primeiro clique mostra a pergunta, o segundo confirma.
// ask() devolve a pergunta, ou "" se não é preciso perguntar. Esc ou outro lugar desistem.
function createCareful(className, say, label, ask, act) {
  const button = create("button", className, label(), { type: "button" });
  let timer = null;
  function calm() {
    clearTimeout(timer);
    timer = null;
    write(button, label());
    delete button.dataset.asking;
  }
  button.addEventListener("click", (event) => {
    if (event.detail > 1) return; // o segundo clique de um duplo não leu a pergunta
    const question = timer ? "" : ask();
    calm();
    if (!question) return act();
    button.textContent = question;
    button.dataset.asking = "";
    say(`${question} Aperte de novo para confirmar, ou Esc para desistir.`);
    timer = setTimeout(calm, DOUBT);
  });
  button.addEventListener("blur", calm);
  button.addEventListener("keydown", (event) => event.key === "Escape" && calm());
  return { button, calm };
}

// A linha de um membro. As linhas ficam de uma remessa para a outra, e o foco do teclado com elas.
function createRow(apelido, say, send) {
  const row = create("tr", "");
  const cells = [1, 2, 3].map(() => create("td", ""));
  const remove = createCareful("chatlib-button room-remove", say, () => "Tirar", () => "Tirar mesmo?",
    () => send({ type: "remove", apelido }));
  remove.button.setAttribute("aria-description", apelido);
  const name = create("th", "", "", { scope: "row" });
  name.append(create("bdi", "", apelido));
  row.append(name, ...cells, group("td", "", remove.button));
  let seen = "";
  row.update = (today, since, messages, pending) => {
    const facts = `${since < today} ${since} ${messages} ${pending}`;
    if (facts === seen) return;
    seen = facts;
    const day = since < today ? `${DATE.format(since * 1000)} ` : "";
    const texts = [day + TIME.format(since * 1000), number.format(messages), `${number.format(pending)} B`];
    texts.forEach((text, i) => write(cells[i], text));
    row.dataset.late = pending > 0;
  };
  return row;
}

function createPeople(say, send) {
  const rowOf = new Map(); // apelido -> a linha da tabela
  const rows = create("tbody", "");
  const nobody = create("p", "room-hint room-empty");
  const heads = ["Apelido", "Desde", "Mensagens", "À espera"].map((text) => create("th", "", text, { scope: "col" }));
  heads[3].title = "Bytes que a pessoa ainda não recebeu";
  const head = group("thead", "", group("tr", "", ...heads, create("td", "")));
  const title = create("h3", "room-title", "Quem está na sala");
  const list = create("div", "room-list", "", { role: "group", "aria-label": "Quem está na sala", tabindex: "0" });
  list.append(group("table", "room-table", head, rows), nobody);
  const filter = create("input", "chatlib-input", "", {
    type: "search", autocomplete: "off", "aria-label": "Filtrar por apelido", placeholder: "Filtrar por apelido",
  });
  const sort = create("button", "chatlib-button room-toggle", "A–Z", {
    type: "button", "aria-pressed": "false", title: "Em ordem alfabética, e não de chegada", "aria-label": "Em ordem alfabética",
  });
  const found = create("output", "room-hint");
  const bar = group("div", "room-row room-filter", filter, sort, found);
  const node = group("div", "room-people", title, bar, list);
  let names = []; // em ordem de chegada
  let alive = true;
  let empty = "";

  // Põe cada linha no lugar; a que já está nele não se mexe.
  function arrange() {
    const wanted = plain(filter.value.trim());
    const isSorted = sort.getAttribute("aria-pressed") === "true";
    let place = rows.firstElementChild;
    let count = 0;
    for (const name of isSorted ? names.toSorted(compare) : names) {
      const row = rowOf.get(name);
      row.hidden = !plain(name).includes(wanted);
      count += !row.hidden;
      if (row === place) place = place.nextElementSibling;
      else rows.insertBefore(row, place);
    }
    bar.hidden = names.length <= FEW && !wanted && !isSorted;
    write(found, wanted ? `${number.format(count)} de ${number.format(names.length)}` : "");
    nobody.hidden = count > 0;
    write(nobody, names.length ? "Ninguém com esse apelido." : empty);
  }

  function forget(apelido) {
    const row = rowOf.get(apelido);
    if (row.contains(document.activeElement)) list.focus(); // o foco não se perde com a linha
    row.remove();
    rowOf.delete(apelido);
  }

  function enable(isAlive) {
    if (alive === isAlive) return;
    alive = isAlive;
    for (const button of rows.querySelectorAll("button")) button.disabled = !alive;
  }

  filter.addEventListener("input", arrange);
  sort.addEventListener("click", () => {
    sort.setAttribute("aria-pressed", sort.getAttribute("aria-pressed") !== "true");
    arrange();
  });

  function update(members, running) {
    const before = names.join();
    const today = new Date().setHours(0, 0, 0, 0) / 1000;
    names = members.map(([apelido]) => apelido);
    empty = running ? "Ninguém entrou ainda. Passe o endereço à turma." : "A sala está parada.";
    const here = new Set(names);
    for (const apelido of [...rowOf.keys()]) if (!here.has(apelido)) forget(apelido);
    for (const [apelido, ...facts] of members) {
      if (!rowOf.has(apelido)) rowOf.set(apelido, createRow(apelido, say, send));
      rowOf.get(apelido).update(today, ...facts);
    }
    if (!names.length || before !== names.join()) arrange();
  }
  return { node, update, enable };
}
