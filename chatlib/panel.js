// O painel do chat, do lado da página. O lado do kernel está em panel.py.
//
// Cada remessa do kernel traz { all, first, lines, state, note }: o número da primeira linha,
// as linhas (cada uma um par [tipo, texto]), o estado da conexão e, se ela acabou, uma frase.

const KEPT = 1000; // linhas que ficam na página
const WAITING = "Esperando o kernel responder…";
const GONE = "O kernel parou ou foi reiniciado. Rode de novo a célula que criou este painel.";

// Cria um elemento. O texto entra por textContent: mesmo que pareça HTML, é só texto.
function create(tag, className, text = "", attributes = {}) {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

// "Ana: oi" vira o autor em destaque e o resto. Os dois juntos são a linha, letra por letra.
function createLine([kind, text]) {
  const line = create("div", `chatlib-line chatlib-${kind}`);
  const end = kind === "notice" ? 0 : text.indexOf(":");
  if (end > 0) line.append(create("bdi", "chatlib-author", text.slice(0, end)));
  line.append(end > 0 ? ":" : "", create("bdi", "", text.slice(end > 0 ? end + 1 : 0)));
  return line;
}

function createPanel() {
  // O JupyterLab ignora seus atalhos de teclado dentro de data-lm-suppress-shortcuts.
  const root = create("section", "chatlib-panel", "", { lang: "pt-BR", "data-lm-suppress-shortcuts": "true" });
  const header = create("header", "chatlib-header");
  const name = create("strong", "chatlib-name");
  const state = create("span", "chatlib-state", "", { role: "status" });
  const log = create("div", "chatlib-log", "", {
    role: "log", "aria-live": "polite", "aria-label": "Mensagens", tabindex: "0",
  });
  const lines = create("div", "chatlib-lines");
  const note = create("p", "chatlib-note", "", { role: "status" });
  const form = create("form", "chatlib-form");
  const input = create("input", "chatlib-input", "", {
    type: "text", name: "mensagem", autocomplete: "off", "aria-label": "Mensagem", placeholder: "Escreva uma mensagem",
  });
  const button = create("button", "chatlib-send", "Enviar", { type: "submit" });
  header.append(name, state);
  log.append(lines);
  form.append(input, button);
  root.append(header, log, note, form);
  return { root, name, state, lines, note, form, input, button };
}

function render({ model, el }) {
  const panel = createPanel();
  let next = null; // o número da próxima linha a mostrar; null até o histórico chegar

  function showName() {
    const apelido = model.get("apelido");
    panel.name.textContent = apelido || "Chat";
    panel.root.setAttribute("aria-label", apelido ? `Chat de ${apelido}` : "Chat");
  }

  function showState(state, note) {
    const online = state === "conectado";
    panel.root.dataset.state = state;
    panel.state.textContent = state;
    panel.note.textContent = note;
    panel.note.hidden = !note;
    panel.input.disabled = panel.button.disabled = !online;
  }

  function showNews(news) {
    if (next === null && !news.all) return; // o histórico, já pedido, a trará
    // Remessas se perdem se o notebook imprime demais: um buraco se conserta com o histórico.
    if (next < news.first && !news.all && news.lines.length < KEPT) return ask();
    const fresh = news.lines.slice(Math.max(0, (next ?? 0) - news.first));
    next = Math.max(next ?? 0, news.first + news.lines.length);
    const fragment = document.createDocumentFragment(); // muitas linhas, uma só mudança na página
    fragment.append(...fresh.map(createLine));
    panel.lines.append(fragment);
    while (panel.lines.childElementCount > KEPT) panel.lines.firstChild.remove();
    showState(news.state, news.note);
  }

  const ask = () => model.send({ type: "ready" });

  let patience = 1000; // milissegundos até pedir o histórico de novo; dobra a cada vez
  let timer = setTimeout(askAgain, patience);
  function askAgain() {
    if (next !== null) return;
    showState("conectando", WAITING);
    ask();
    patience *= 2;
    timer = setTimeout(askAgain, patience);
  }

  function onKernelGone() {
    clearTimeout(timer);
    showState("desconectado", GONE);
  }

  panel.form.addEventListener("submit", (event) => {
    event.preventDefault(); // sem isto, o navegador sairia da página para enviar o formulário
    const text = panel.input.value;
    if (text.trim()) model.send({ type: "write", text });
    panel.input.value = "";
  });
  // O que se digita aqui não é comando para o notebook em volta.
  for (const type of ["keydown", "keypress", "keyup"]) {
    panel.root.addEventListener(type, (event) => event.stopPropagation());
  }

  model.on("msg:custom", showNews);
  model.on("change:apelido", showName);
  model.on("comm_live_update", onKernelGone);
  showName();
  showState("conectando", "");
  el.classList.add("chatlib-view");
  el.append(panel.root);
  ask();

  return () => {
    clearTimeout(timer);
    model.off("msg:custom", showNews);
    model.off("change:apelido", showName);
    model.off("comm_live_update", onKernelGone);
  };
}

export default { render };
