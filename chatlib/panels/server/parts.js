// As peças do painel da sala: o endereço, os números, os botões e o registro.

const CLOCK = new Intl.DateTimeFormat("pt-BR", { timeStyle: "medium" });
const DAY = new Intl.DateTimeFormat("pt-BR", { dateStyle: "full" });

// Os quadrinhos escuros, com a margem clara de 4 que a norma do QR pede.
function drawQr(svg, rows) {
  const squares = rows.flatMap((row, y) =>
    [...row].map((bit, x) => (bit === "1" ? `M${x + 4} ${y + 4}h1v1h-1z` : "")));
  svg.setAttribute("viewBox", `0 0 ${rows.length + 8} ${rows.length + 8}`);
  svg.replaceChildren(createShape("path", "", { d: squares.join("") }));
}

function createEvent([when, kind, who, text]) {
  const line = create("div", `room-event room-${kind}`);
  line.append(create("time", "room-time", CLOCK.format(when * 1000)), " ");
  if (who) line.append(create("bdi", "room-who", who), " ");
  line.append(create("bdi", "", text));
  return line;
}

// --- O esqueleto do painel, de cima para baixo. Cada função devolve os nós que mudam depois.

// O que se conta, no singular e no plural.
const COUNTERS = {
  now: ["na sala", "na sala"], peak: ["pico", "pico"], entries: ["entrada", "entradas"],
  exits: ["saída", "saídas"], messages: ["mensagem", "mensagens"], refusals: ["recusa", "recusas"],
};

const createButton = (text, attributes = {}, className = "") =>
  create("button", `chatlib-button ${className}`, text, { type: "button", ...attributes });

function createPlace() {
  const address = create("output", "room-address");
  const copy = createButton("Copiar", { "aria-label": "Copiar o endereço" });
  const code = create("code", "room-code");
  const reach = create("p", "room-hint");
  const qr = createShape("svg", "room-qr", { role: "img" });
  const zoom = createButton("", { "aria-pressed": "false", title: "Aumentar ou diminuir" }, "room-zoom");
  zoom.append(qr);
  const title = create("h3", "room-title", "Endereço para a turma");
  const guard = createGuard();
  const where = group("div", "room-where",
    title, group("div", "room-row", address, copy), guard.secret, code, reach, guard.risk, guard.buttons, guard.print);
  return { place: group("div", "room-place", where, zoom), address, copy, code, reach, qr, zoom, ...guard };
}

const createToggle = (text, title) => createButton(text, { "aria-pressed": "false", title }, "room-toggle");

// A senha, que só aparece a pedido, o certificado, e o risco que se corre sem eles.
function createGuard() {
  const password = create("output", "room-password");
  const reveal = createButton("Mostrar", { "aria-label": "Mostrar a senha" });
  const inQr = createToggle("Senha no QR", "Quem fotografar o QR terá a senha");
  const secret = group("div", "room-row room-secret", create("span", "", "Senha"), password, reveal, inQr);
  const risk = create("p", "room-risk");
  const lock = createToggle("Exigir senha", "Pede uma senha a quem chega; quem já está, fica");
  const cipher = createToggle("Cifrar (TLS)", "Faz um certificado, se não há, e cifra a conversa de quem chega");
  const print = create("p", "room-hint room-print");
  return { secret, password, reveal, inQr, risk, lock, cipher, print, buttons: group("div", "room-row", lock, cipher) };
}

function createNumbers() {
  const list = create("dl", "room-counters", "", { title: "Desde que este painel foi aberto" });
  const cells = Object.entries(COUNTERS).map(([name, words]) => {
    const [label, value] = [create("dt", ""), create("dd", "")];
    list.append(group("div", "", label, value));
    return { name, words, label, value };
  });
  const rhythm = createRhythm();
  const measures = createMeasures();
  const more = createButton("Medidas", {
    "aria-expanded": "false", title: "Pessoas, bytes à espera e demora da entrega: só se mede com isto aberto",
  }, "chatlib-tool room-more");
  const numbers = group("div", "room-numbers", list, rhythm.node, more);

  function showNumbers({ counts, rhythm: pace, measures: points }) {
    for (const { name, words, label, value } of cells) {
      write(value, number.format(counts[name]));
      write(label, words[Number(counts[name] !== 1)]);
    }
    rhythm.update(pace);
    const isOpen = Boolean(points);
    if (measures.node.hidden === isOpen) { // abertas, o ritmo fica com os outros gráficos
      measures.node.hidden = !isOpen;
      more.setAttribute("aria-expanded", isOpen);
      if (isOpen) measures.node.prepend(rhythm.node);
      else more.before(rhythm.node);
    }
    if (isOpen) measures.update(points);
  }
  return { numbers, more, measures: measures.node, showNumbers };
}

function createControls() {
  const form = create("form", "room-form");
  const input = create("input", "chatlib-input", "", {
    type: "text", name: "aviso", autocomplete: "off", maxlength: "1000",
    "aria-label": "Aviso a todos", placeholder: "Aviso a todos",
  });
  const announce = create("button", "chatlib-button chatlib-main", "Avisar", { type: "submit" });
  form.append(input, announce);
  const door = createToggle("Porta fechada", "Quem está fica; ninguém mais entra");
  const lesson = createToggle("Modo turma", "Limita o ritmo de cada pessoa e conta a quem chega o que já foi dito");
  const rules = create("p", "room-hint room-rules");
  const controls = group("div", "room-controls", form, group("div", "room-row", door, lesson, rules));
  return { controls, form, input, announce, door, lesson, rules };
}

// O registro, um dia depois do outro, cada um com a sua data em cima.
function createDiary() {
  const events = create("div", "room-events");
  const log = create("div", "room-log", "", {
    role: "log", "aria-live": "polite", "aria-label": "Registro do que acontece", tabindex: "0",
  });
  log.append(events);
  let day = ""; // o do último acontecimento
  let count = 0;

  function forgetFirst() {
    const oldest = events.firstElementChild;
    oldest.children[1].remove(); // o primeiro filho é a data
    if (oldest.childElementCount === 1) oldest.remove();
    count -= 1;
  }

  // Os novos entram no fim; dos velhos, ficam os que ainda cabem em kept.
  function addEvents(fresh, kept) {
    for (const event of fresh) {
      const date = DAY.format(event[0] * 1000);
      if (date !== day) events.append(group("div", "", create("h4", "room-day", date)));
      day = date;
      events.lastElementChild.append(createEvent(event));
      count += 1;
    }
    while (count > kept) forgetFirst();
  }
  return { diary: group("div", "room-diary", create("h3", "room-title", "Registro"), log), addEvents };
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
  const people = createPeople(say, send);
  const parts = { ...createPlace(), ...createNumbers(), ...createControls(), ...createDiary() };
  root.append(
    header.node, note,
    group("div", "room-top", parts.place, parts.numbers), parts.measures, parts.controls,
    group("div", "room-body", people.node, parts.diary), whisper,
  );
  return { root, room, say, header, note, power, people, ...parts };
}
