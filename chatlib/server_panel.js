// O painel da sala, do lado da página. O lado do kernel está em server_panel.py.
//
// Cada remessa do kernel é a sala inteira como ela está, mais os acontecimentos que faltam aqui:
// { all, first, events, running, open, rate, history, members, counts, rhythm, address, … }.
// Um acontecimento é [quando, tipo, quem, frase]; first é o número do primeiro deles.

const KEPT_EVENTS = 300; // acontecimentos que ficam na página
const DOUBT = 6000; // milissegundos que uma pergunta espera pela confirmação
const WAITING_ROOM = "Esperando o kernel responder…";
const ROOM_GONE =
  "O kernel parou ou foi reiniciado, e a sala com ele. Rode de novo a célula que criou este painel.";
const COUNTERS = {
  now: "na sala", peak: "pico", entries: "entradas", exits: "saídas", messages: "mensagens", refusals: "recusas",
};
const SCALES = [0.7, 2.5]; // o menor e o maior tamanho das letras
const number = new Intl.NumberFormat("pt-BR");
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
  button.addEventListener("click", () => {
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

function createRoom(send, grow) {
  const root = createFrame("chatlib-room");
  root.setAttribute("aria-label", "Sala");
  const part = (tag, className, ...children) => {
    const node = create(tag, className);
    node.append(...children);
    return node;
  };
  const whisper = create("p", "room-whisper", "", { role: "status" }); // só para leitores de tela
  const say = (text) => { whisper.textContent = text; };
  const state = create("span", "chatlib-state", "", { role: "status" });
  const note = create("p", "chatlib-note", "", { role: "alert" });
  const room = { running: false, members: [] }; // o que as perguntas precisam saber

  const power = createCareful("chatlib-button room-power", say,
    () => (room.running ? "Encerrar" : "Iniciar"),
    () => (room.running && room.members.length ? `Encerrar com ${room.members.length} na sala?` : ""),
    () => send({ type: room.running ? "stop" : "start" }));

  const sizes = [["A−", "Letras menores", 1 / 1.15], ["A+", "Letras maiores", 1.15]].map(([text, label, factor]) => {
    const button = create("button", "chatlib-button", text, { type: "button", "aria-label": label });
    button.addEventListener("click", () => grow(factor));
    return button;
  });

  const address = create("output", "room-address");
  const copy = create("button", "chatlib-button", "Copiar", { type: "button", "aria-label": "Copiar o endereço" });
  const code = create("code", "room-code");
  const reach = create("p", "room-hint");
  const qr = createSvg("room-qr", { role: "img" });
  const zoom = create("button", "chatlib-button room-zoom", "", {
    type: "button", "aria-pressed": "false", title: "Aumentar ou diminuir",
  });
  zoom.append(qr);
  const place = part("div", "room-place",
    part("div", "room-where", create("h3", "room-title", "Endereço para a turma"),
      part("div", "room-row", address, copy), code, reach),
    zoom);

  const counters = create("dl", "room-counters", "", { title: "Desde que este painel foi aberto" });
  const values = {};
  for (const [name, label] of Object.entries(COUNTERS)) {
    values[name] = create("dd", "", "0");
    counters.append(part("div", "", create("dt", "", label), values[name]));
  }
  const rhythm = createSvg("room-rhythm", { "aria-hidden": "true", preserveAspectRatio: "none" });
  const pace = create("figcaption", "room-hint");
  const numbers = part("div", "room-numbers", counters, part("figure", "room-figure", rhythm, pace));

  const form = create("form", "room-form");
  const input = create("input", "chatlib-input", "", {
    type: "text", name: "aviso", autocomplete: "off", maxlength: "1000",
    "aria-label": "Aviso a todos", placeholder: "Aviso a todos",
  });
  const announce = create("button", "chatlib-button chatlib-main", "Avisar", { type: "submit" });
  form.append(input, announce);
  const toggle = (label, hint) => create("button", "chatlib-button room-toggle", label, {
    type: "button", "aria-pressed": "false", title: hint,
  });
  const door = toggle("Porta fechada", "Quem está fica; ninguém mais entra");
  const lesson = toggle("Modo turma", "Limita o ritmo de cada pessoa e conta a quem chega o que já foi dito");
  const rules = create("p", "room-hint room-rules");
  const controls = part("div", "room-controls", form, part("div", "room-row", door, lesson, rules));

  const rows = create("tbody", "");
  const nobody = create("p", "room-hint room-empty");
  const heads = ["Apelido", "Desde", "Mensagens", "À espera"].map((text) => create("th", "", text, { scope: "col" }));
  heads[3].title = "Bytes que a pessoa ainda não recebeu";
  const people = part("div", "room-people",
    part("table", "room-table", create("caption", "room-title", "Quem está na sala"),
      part("thead", "", part("tr", "", ...heads, part("td", ""))), rows),
    nobody);
  for (const [name, value] of Object.entries({ role: "group", "aria-label": "Quem está na sala", tabindex: "0" })) {
    people.setAttribute(name, value);
  }
  const events = create("div", "room-events");
  const log = create("div", "room-log", "", {
    role: "log", "aria-live": "polite", "aria-label": "Registro do que acontece", tabindex: "0",
  });
  log.append(events);
  const diary = part("div", "room-diary", create("h3", "room-title", "Registro"), log);

  root.append(
    part("header", "chatlib-header", create("strong", "", "Sala"), state, ...sizes, power.button), note,
    part("div", "room-top", place, numbers), controls, part("div", "room-body", people, diary), whisper,
  );
  return {
    root, say, state, note, room, power, address, copy, code, reach, qr, zoom, values, rhythm, pace, form, input,
    announce, door, lesson, rules, people, rows, nobody, log, events,
  };
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
    texts.forEach((text, i) => { if (cells[i].textContent !== text) cells[i].textContent = text; });
    row.dataset.late = pending > 0;
  };
  return row;
}

function render({ model, el }) {
  const send = (message) => model.send(message);
  const panel = createRoom(send, (factor) => {
    model.set("scale", Math.min(SCALES[1], Math.max(SCALES[0], model.get("scale") * factor)));
    model.save_changes();
  });
  const showScale = () => panel.root.style.setProperty("--chatlib-scale", Number(model.get("scale")));
  const rowOf = new Map(); // apelido -> a linha da tabela
  let next = null; // o número do próximo acontecimento a mostrar; null até o registro chegar
  let shown = null; // o endereço desenhado

  function showState(word, note, running = false) {
    panel.root.dataset.running = running;
    if (panel.state.textContent !== word) panel.state.textContent = word;
    if (panel.note.textContent !== note) panel.note.textContent = note;
    panel.note.hidden = !note;
  }

  function enable(alive, running) {
    panel.power.button.disabled = panel.door.disabled = panel.lesson.disabled = !alive;
    panel.input.disabled = panel.announce.disabled = !(alive && running);
    for (const button of panel.rows.querySelectorAll("button")) button.disabled = !alive;
  }

  function showPlace({ address, code, reach, qr }) {
    if (shown === reach + address) return;
    shown = reach + address;
    panel.address.textContent = address;
    panel.code.textContent = code;
    panel.reach.textContent = reach;
    for (const node of [panel.address, panel.copy, panel.code, panel.zoom]) node.hidden = !address;
    panel.qr.setAttribute("aria-label", `QR com o endereço ${address}`);
    drawQr(panel.qr, qr);
  }

  function showNumbers({ counts, rhythm }) {
    for (const name of Object.keys(COUNTERS)) panel.values[name].textContent = number.format(counts[name]);
    drawRhythm(panel.rhythm, rhythm);
    const most = number.format(Math.max(...rhythm));
    const now = number.format(rhythm[rhythm.length - 2]); // o último segundo completo
    panel.pace.textContent = `${now} mensagens por segundo; no último minuto, até ${most}`;
  }

  function showRules({ open, rate, history }) {
    panel.door.setAttribute("aria-pressed", !open);
    panel.lesson.setAttribute("aria-pressed", Boolean(rate && history));
    const pace = rate ? `até ${number.format(rate)} mensagens por segundo de cada pessoa` : "sem limite de ritmo";
    panel.rules.textContent = `${pace}; ${history ? `quem entra lê as últimas ${history}` : "sem histórico"}`;
  }

  function showMembers(members, running) {
    const here = new Set(members.map(([apelido]) => apelido));
    for (const [apelido, row] of rowOf) {
      if (here.has(apelido)) continue;
      if (row.contains(document.activeElement)) panel.people.focus(); // o foco não se perde com a linha
      row.remove();
      rowOf.delete(apelido);
    }
    members.forEach(([apelido, ...facts], index) => {
      if (!rowOf.has(apelido)) rowOf.set(apelido, createRow(apelido, panel.say, send));
      const row = rowOf.get(apelido);
      row.update(...facts);
      if (panel.rows.children[index] !== row) panel.rows.insertBefore(row, panel.rows.children[index] ?? null);
    });
    panel.nobody.hidden = members.length > 0;
    panel.nobody.textContent = running ? "Ninguém entrou ainda. Passe o endereço à turma." : "A sala está parada.";
  }

  function showNews(news) {
    if (next === null && !news.all) return; // o registro, já pedido, a trará
    // Remessas se perdem se o notebook imprime demais: um buraco se conserta com o registro todo.
    if (next < news.first && !news.all && news.events.length < KEPT_EVENTS) return ask();
    const fresh = news.events.slice(Math.max(0, (next ?? 0) - news.first));
    next = Math.max(next ?? 0, news.first + news.events.length);
    const fragment = document.createDocumentFragment(); // muitas linhas, uma só mudança na página
    fragment.append(...fresh.map(createEvent));
    panel.events.append(fragment);
    while (panel.events.childElementCount > KEPT_EVENTS) panel.events.firstChild.remove();

    const turned = panel.room.running !== news.running;
    Object.assign(panel.room, { running: news.running, members: news.members });
    if (turned || !news.members.length) panel.power.calm();
    panel.power.button.classList.toggle("chatlib-main", !news.running);
    showState(news.running ? "no ar" : "parada", news.note, news.running);
    showPlace(news);
    showNumbers(news);
    showRules(news);
    showMembers(news.members, news.running);
    enable(!news.closed, news.running);
  }

  const ask = () => send({ type: "ready" });

  let patience = 1000; // milissegundos até pedir de novo; dobra a cada vez
  let timer = setTimeout(askAgain, patience);
  function askAgain() {
    if (next !== null) return;
    showState("conectando", WAITING_ROOM);
    ask();
    patience *= 2;
    timer = setTimeout(askAgain, patience);
  }

  function onKernelGone() {
    clearTimeout(timer);
    showState("desconectada", ROOM_GONE);
    enable(false);
  }

  async function copyAddress() {
    try {
      await navigator.clipboard.writeText(panel.address.textContent);
      panel.copy.textContent = "Copiado";
      panel.say("Endereço copiado.");
      setTimeout(() => { panel.copy.textContent = "Copiar"; }, 2000);
    } catch { // sem HTTPS o navegador não deixa copiar: o endereço fica selecionado
      getSelection().selectAllChildren(panel.address);
      panel.say("Endereço selecionado: copie com Ctrl+C.");
    }
  }

  panel.form.addEventListener("submit", (event) => {
    event.preventDefault(); // sem isto, o navegador sairia da página para enviar o formulário
    send({ type: "announce", text: panel.input.value });
    panel.input.value = "";
  });
  const isPressed = (button) => button.getAttribute("aria-pressed") === "true";
  panel.door.addEventListener("click", () => send({ type: "open", on: isPressed(panel.door) }));
  panel.lesson.addEventListener("click", () => send({ type: "class", on: !isPressed(panel.lesson) }));
  panel.zoom.addEventListener("click", () => panel.zoom.setAttribute("aria-pressed", !isPressed(panel.zoom)));
  panel.copy.addEventListener("click", copyAddress);

  model.on("msg:custom", showNews);
  model.on("change:scale", showScale);
  model.on("comm_live_update", onKernelGone);
  showScale();
  showState("conectando", "");
  enable(false);
  showPlace({ address: "", code: "", reach: "", qr: [] });
  el.classList.add("chatlib-view");
  el.append(panel.root);
  ask();

  return () => {
    clearTimeout(timer);
    model.off("msg:custom", showNews);
    model.off("change:scale", showScale);
    model.off("comm_live_update", onKernelGone);
  };
}

export default { render };
