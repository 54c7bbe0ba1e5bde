// As peças do painel da sala: o botão que pergunta, os desenhos, uma linha do registro e uma da tabela.

const DOUBT = 6000; // milissegundos que uma pergunta espera pela confirmação
const clock = (seconds, options) => new Date(seconds * 1000).toLocaleTimeString("pt-BR", options);

// Um botão que pergunta antes de agir: o primeiro clique mostra a pergunta, o segundo confirma.
// ask() devolve a pergunta, ou "" se não é preciso perguntar. Esc ou outro lugar desistem.
function createCareful(className, say, label, ask, act) {
  const button = create("button", className, label(), { type: "button" });
  let timer = null;
  function calm() {
    clearTimeout(timer);
    timer = null;
    button.textContent = label();
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

// Um desenho em SVG: um só caminho, feito de números.
function draw(svg, width, height, path) {
  const shape = document.createElementNS(svg.namespaceURI, "path");
  shape.setAttribute("d", path);
  svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
  svg.replaceChildren(shape);
}

function createSvg(className, attributes) {
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("class", className);
  for (const [name, value] of Object.entries(attributes)) svg.setAttribute(name, value);
  return svg;
}

// Os quadrinhos escuros, com a margem clara de 4 que a norma do QR pede.
function drawQr(svg, rows) {
  const squares = rows.flatMap((row, y) =>
    [...row].map((bit, x) => (bit === "1" ? `M${x + 4} ${y + 4}h1v1h-1z` : "")));
  draw(svg, rows.length + 8, rows.length + 8, squares.join(""));
}

// Uma barra por segundo; a escala acompanha a maior.
function drawRhythm(svg, counts) {
  const top = Math.max(5, ...counts);
  const bars = counts.map((count, x) => (count ? `M${x + 0.1} 20V${20 - (19 * count) / top}h.8V20z` : ""));
  draw(svg, counts.length, 20, bars.join(""));
}

function createEvent([when, kind, who, text]) {
  const line = create("div", `room-event room-${kind}`);
  line.append(create("time", "room-time", clock(when)), " ");
  if (who) line.append(create("bdi", "room-who", who), " ");
  line.append(create("bdi", "", text));
  return line;
}

// A linha de um membro. As linhas ficam de uma remessa para a outra, e o foco do teclado com elas.
function createRow(apelido, say, send) {
  const row = create("tr", "");
  const cells = [1, 2, 3].map(() => create("td", ""));
  const remove = createCareful("chatlib-button room-remove", say, () => "Tirar", () => `Tirar mesmo?`,
    () => send({ type: "remove", apelido }));
  remove.button.setAttribute("aria-description", apelido);
  const name = create("th", "", "", { scope: "row" });
  name.append(create("bdi", "", apelido));
  const last = create("td", "");
  last.append(remove.button);
  row.append(name, ...cells, last);
  row.update = (since, messages, pending) => {
    const texts = [clock(since, { timeStyle: "short" }), number.format(messages), `${number.format(pending)} B`];
    texts.forEach((text, i) => write(cells[i], text));
    row.dataset.late = pending > 0;
  };
  return row;
}

// --- O esqueleto do painel, de cima para baixo. Cada função devolve os nós que mudam depois.

const COUNTERS = {
  now: "na sala", peak: "pico", entries: "entradas", exits: "saídas", messages: "mensagens", refusals: "recusas",
};

// Um elemento com filhos em vez de texto.
function group(tag, className, ...children) {
  const node = create(tag, className);
  node.append(...children);
  return node;
}

const createButton = (text, attributes = {}, className = "") =>
  create("button", `chatlib-button ${className}`, text, { type: "button", ...attributes });

function createPlace() {
  const address = create("output", "room-address");
  const copy = createButton("Copiar", { "aria-label": "Copiar o endereço" });
  const code = create("code", "room-code");
  const reach = create("p", "room-hint");
  const qr = createSvg("room-qr", { role: "img" });
  const zoom = createButton("", { "aria-pressed": "false", title: "Aumentar ou diminuir" }, "room-zoom");
  zoom.append(qr);
  const title = create("h3", "room-title", "Endereço para a turma");
  const where = group("div", "room-where", title, group("div", "room-row", address, copy), code, reach);
  return { place: group("div", "room-place", where, zoom), address, copy, code, reach, qr, zoom };
}

function createNumbers() {
  const list = create("dl", "room-counters", "", { title: "Desde que este painel foi aberto" });
  const values = {};
  for (const [name, label] of Object.entries(COUNTERS)) {
    values[name] = create("dd", "", "0");
    list.append(group("div", "", create("dt", "", label), values[name]));
  }
  const rhythm = createSvg("room-rhythm", { "aria-hidden": "true", preserveAspectRatio: "none" });
  const pace = create("figcaption", "room-hint"); // diz em palavras o que o desenho mostra
  const numbers = group("div", "room-numbers", list, group("figure", "room-figure", rhythm, pace));
  return { numbers, values, rhythm, pace };
}

function createControls() {
  const form = create("form", "room-form");
  const input = create("input", "chatlib-input", "", {
    type: "text", name: "aviso", autocomplete: "off", maxlength: "1000",
    "aria-label": "Aviso a todos", placeholder: "Aviso a todos",
  });
  const announce = create("button", "chatlib-button chatlib-main", "Avisar", { type: "submit" });
  form.append(input, announce);
  const toggle = (text, title) => createButton(text, { "aria-pressed": "false", title }, "room-toggle");
  const door = toggle("Porta fechada", "Quem está fica; ninguém mais entra");
  const lesson = toggle("Modo turma", "Limita o ritmo de cada pessoa e conta a quem chega o que já foi dito");
  const rules = create("p", "room-hint room-rules");
  const controls = group("div", "room-controls", form, group("div", "room-row", door, lesson, rules));
  return { controls, form, input, announce, door, lesson, rules };
}

function createPeople() {
  const people = create("div", "room-people", "", { role: "group", "aria-label": "Quem está na sala", tabindex: "0" });
  const rows = create("tbody", "");
  const nobody = create("p", "room-hint room-empty");
  const heads = ["Apelido", "Desde", "Mensagens", "À espera"].map((text) => create("th", "", text, { scope: "col" }));
  heads[3].title = "Bytes que a pessoa ainda não recebeu";
  const head = group("thead", "", group("tr", "", ...heads, create("td", "")));
  const caption = create("caption", "room-title", "Quem está na sala");
  people.append(group("table", "room-table", caption, head, rows), nobody);
  return { people, rows, nobody };
}

function createDiary() {
  const events = create("div", "room-events");
  const log = create("div", "room-log", "", {
    role: "log", "aria-live": "polite", "aria-label": "Registro do que acontece", tabindex: "0",
  });
  log.append(events);
  return { diary: group("div", "room-diary", create("h3", "room-title", "Registro"), log), events };
}

// send manda uma mensagem ao kernel; grow multiplica o tamanho das letras.
function createRoom(send, grow) {
  const root = createFrame("chatlib-room");
  root.setAttribute("aria-label", "Sala");
  const room = { running: false, members: [] }; // o que as perguntas precisam saber
  const whisper = create("p", "room-whisper", "", { role: "status" });
  const say = (text) => { whisper.textContent = text; }; // só para leitores de tela
  const note = create("p", "chatlib-note", "", { role: "alert" });
  const power = createCareful("chatlib-button", say,
    () => (room.running ? "Encerrar" : "Iniciar"),
    () => (room.running && room.members.length ? `Encerrar com ${room.members.length} na sala?` : ""),
    () => send({ type: room.running ? "stop" : "start" }));
  power.button.classList.add("chatlib-tool");
  const header = createHeader("Sala", grow, power.button);
  const parts = { ...createPlace(), ...createNumbers(), ...createControls(), ...createPeople(), ...createDiary() };
  root.append(
    header.node, note,
    group("div", "room-top", parts.place, parts.numbers), parts.controls,
    group("div", "room-body", parts.people, parts.diary), whisper,
  );
  return { root, room, say, header, note, power, ...parts };
}
