// As linhas da conversa e como se juntam: as de um mesmo autor num grupo, o código colado num bloco.

const CLOCK = new Intl.DateTimeFormat("pt-BR", { hour: "2-digit", minute: "2-digit" });
const DAY = new Intl.DateTimeFormat("pt-BR", { weekday: "long", day: "numeric", month: "long" });
const LONG_DAY = new Intl.DateTimeFormat("pt-BR", { dateStyle: "long" });
const GOLDEN = 137.508; // graus: quem chega fica longe, no círculo das cores, de quem chegou antes
const COLORS = 2000; // apelidos de que se guarda a cor
const LONG = 1000; // caracteres a partir dos quais só se vê o começo
const MOMENT = 1; // segundos entre as linhas do que foi colado de uma vez
const SILENCE = 300; // segundos de silêncio depois dos quais começa outro grupo
const CROWD = 40; // linhas de um grupo: com mais, cada linha nova custaria ao navegador todas as outras
const NOTICE = /^\* (aviso: )?/;

// A ordem em que cada apelido apareceu em algum painel da página.
const seats = (globalThis[Symbol.for("chatlib.colors")] ??= new Map());

function seatOf(apelido) {
  const key = fold(apelido);
  if (seats.size >= COLORS) seats.clear();
  if (!seats.has(key)) seats.set(key, seats.size);
  return seats.get(key);
}

// Dá ao elemento a cor do apelido: o ângulo no círculo e, a cada cinco pessoas, outra luz.
function paint(node, apelido) {
  const seat = seatOf(apelido);
  const ring = Math.floor(seat / 5) % 3;
  node.style.setProperty("--hue", ((250 + seat * GOLDEN - ring * 10) % 360).toFixed(1)); // 10: a meio caminho
  node.style.setProperty("--ring", ring);
}

// A hora de uma linha. Escrevê-la custa, e muitas linhas seguidas têm a mesma.
const clock = { minute: 0, text: "" };
function timeOf(when) {
  const minute = Math.floor(when / 60);
  if (minute !== clock.minute) Object.assign(clock, { minute, text: CLOCK.format(when * 1000) });
  return clock.text;
}

const dayOf = (when) => new Date(when * 1000).toDateString();
function nameOfDay(when) {
  const date = new Date(when * 1000);
  return (date.getFullYear() === new Date().getFullYear() ? DAY : LONG_DAY).format(date);
}

// O rótulo do botão é só aparência (veja o CSS): quem copia a conversa não o leva.
function createLabel(className, label, name) {
  const button = create("button", `chatlib-button ${className}`, "", { type: "button", "aria-label": name });
  button.dataset.label = label;
  return button;
}

// O que se vê de uma linha longa é o começo; o botão mostra o resto.
function shorten(line) {
  const more = createLabel("chatlib-more", "ver mais", "Ver mais");
  function toggle(open) {
    line.classList.toggle("chatlib-open", open);
    more.setAttribute("aria-expanded", open);
    more.setAttribute("aria-label", open ? "Ver menos" : "Ver mais");
    more.dataset.label = open ? "ver menos" : "ver mais";
  }
  more.addEventListener("click", () => toggle(!line.classList.contains("chatlib-open")));
  toggle(false);
  line.classList.add("chatlib-long");
  line.append(more);
}

// "Ana: oi" vira o autor em destaque e o resto. Os dois juntos são a linha, letra por letra.
// A hora é só aparência: quem copia a conversa leva o que foi dito, e mais nada.
function createLine([kind, author, text, when, flags]) {
  const line = create("div", `chatlib-line chatlib-${kind}`);
  if (text === BLANK) line.classList.add("chatlib-blank");
  if (when) line.dataset.time = timeOf(when);
  if (flags.includes("p")) line.classList.add("chatlib-private");
  if (flags.includes("m")) line.classList.add("chatlib-mention");
  if (flags.includes("h")) line.classList.add("chatlib-history");
  const announced = flags.includes("a");
  if (announced) line.classList.add("chatlib-announcement");
  if (author || announced) {
    const who = create("span", "chatlib-who");
    const name = create("bdi", "chatlib-author", author || "Aviso");
    who.append(name, flags.includes("p") ? " (particular): " : ": ");
    line.append(who);
  }
  const said = create("bdi", "chatlib-text");
  said.append(...withLinks(withoutBlanks(announced ? text.replace(NOTICE, "") : text)));
  line.append(said);
  if (text.length > LONG) shorten(line);
  return line;
}

// A conversa para colar em outro lugar: cada linha com a sua hora, e o dia onde ele muda. O que se disse
// em particular fica de fora.
function asText(items) {
  let day = "";
  const rows = [];
  for (const [, author, text, when, flags] of items) {
    if (flags.includes("p")) continue;
    if (when && dayOf(when) !== day) rows.push(LONG_DAY.format(when * 1000));
    if (when) day = dayOf(when);
    rows.push(`${when ? `${CLOCK.format(when * 1000)} ` : ""}${author ? `${author}: ` : ""}${withoutBlanks(text)}`);
  }
  return rows.join("\n");
}

// Põe as linhas em ``lines``, em grupos, e tira as mais antigas.
function createGroups(lines) {
  let group = null; // o último
  let home = null; // onde as linhas dele ficam: nele mesmo ou, num bloco de código, na parte que rola de lado
  let owner = ""; // de quem ele é
  let day = dayOf(Date.now() / 1000); // o da última linha; o de hoje não se anuncia
  let last = 0; // quando ela chegou
  let streak = []; // as últimas linhas, se talvez forem código
  let signs = 0; // quantas delas parecem mesmo
  let blanks = 0; // quantas são vazias: nem parecem nem deixam de parecer

  function open(place, [kind, author, , when, flags]) {
    group = create("div", `chatlib-group chatlib-of-${kind}`);
    group.dataset.author = author + (flags.includes("p") ? " (particular)" : "");
    if (author) paint(group, author);
    if (when && dayOf(when) !== day) {
      day = dayOf(when);
      group.dataset.day = nameOfDay(when);
    }
    place.append(group);
    home = group;
  }

  // As linhas que parecem código saem do grupo, se ele tinha outras, e viram um bloco.
  function openBlock(place, item) {
    const found = streak.filter((line) => line.parentNode === group);
    if (found[0] !== group.firstElementChild || group.dataset.day) open(place, item);
    group.classList.add("chatlib-code");
    group.dataset.time = found[0].dataset.time ?? "";
    const code = create("div", "chatlib-rows", "", { role: "group", "aria-label": `Código de ${item[1]}`, tabindex: "0" });
    const button = createLabel("chatlib-copy", "Copiar", "Copiar o código");
    button.addEventListener("click", () => {
      copyWith(button, Array.from(code.querySelectorAll(".chatlib-text"), (text) => text.textContent).join("\n"));
    });
    code.append(...found);
    group.append(code, button);
    home = code;
  }

  function look(place, item, line) {
    const found = isCode(item[2]);
    if (found || streak.length) streak.push(line);
    signs += found;
    blanks += item[2] === BLANK;
    if (2 * signs < streak.length - blanks) [streak, signs, blanks] = [[], 0, 0];
    if (signs >= ENOUGH) openBlock(place, item);
  }

  function add(place, item) {
    const [kind, author, , when, flags] = item;
    const mine = [kind, author, flags.replace("m", "")].join();
    const same = group && mine === owner && group.childElementCount < CROWD && (!when || (dayOf(when) === day && when - last < SILENCE));
    const moment = same && when - last < MOMENT;
    if (!moment) [streak, signs, blanks] = [[], 0, 0];
    if (!same || (home !== group && !moment)) open(place, item); // a um bloco, só se junta o que veio com ele
    const line = createLine(item);
    if (when && line.dataset.time === home.lastElementChild?.dataset.time) line.classList.add("chatlib-same-time");
    home.append(line);
    if (author && home === group) look(place, item, line);
    [owner, last] = [mine, when || last];
    return line;
  }

  return {
    add,
    // Tira as ``count`` linhas mais antigas. O grupo que ficaria vazio sai inteiro, sem que se lhe tirem antes as
    // linhas (o navegador calcularia de novo todas as outras), e o dia que ele anunciava passa ao seguinte.
    drop(count) {
      let left = count;
      while (left > 0) {
        const first = lines.firstElementChild;
        const held = first.getElementsByClassName("chatlib-line");
        if (held.length > left) return [...held].slice(0, left).forEach((line) => line.remove());
        left -= held.length;
        const next = first.nextElementSibling;
        if (first.dataset.day && next) next.dataset.day ??= first.dataset.day;
        if (first === group) group = null;
        first.remove();
      }
    },
  };
}
