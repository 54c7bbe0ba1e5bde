// O que os painéis têm em comum, do lado da página. page.py o põe na frente de cada um deles.

// Cria um elemento. O texto entra por textContent: mesmo que pareça HTML, é só texto.
function create(tag, className, text = "", attributes = {}) {
  const node = document.createElement(tag);
  node.className = className;
  node.textContent = text;
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  return node;
}

// A moldura de um painel. O que se digita nela não é comando para o notebook em volta:
// o JupyterLab ignora seus atalhos dentro de data-lm-suppress-shortcuts.
function createFrame(className) {
  const root = create("section", `chatlib ${className}`, "", {
    lang: "pt-BR", "data-lm-suppress-shortcuts": "true",
    tabindex: "-1", // um clique no vazio do painel deixa o foco aqui: na célula, "dd" a apagaria
  });
  for (const type of ["keydown", "keypress", "keyup"]) {
    root.addEventListener(type, (event) => event.stopPropagation());
  }
  root.addEventListener("keydown", passSave);
  return root;
}

// Ctrl+S (no Mac, Cmd+S) salva o notebook de onde quer que se esteja. O JupyterLab ignora a tecla dentro do
// painel: ela se repete fora dele. Se ninguém a quiser, o navegador faz o de sempre.
function passSave(event) {
  if (event.key.toLowerCase() !== "s" || event.ctrlKey === event.metaKey || event.altKey || event.shiftKey) return;
  const { key, code, keyCode, ctrlKey, metaKey } = event;
  const again = new KeyboardEvent("keydown", {
    key, code, keyCode, ctrlKey, metaKey, bubbles: true, cancelable: true, composed: true,
  });
  const host = event.currentTarget.closest(".jp-Notebook") ?? event.currentTarget.parentElement;
  if (!host.dispatchEvent(again)) event.preventDefault();
}

// Quem acabou de rodar a célula quer ver o painel. O JupyterLab segura no lugar a célula seguinte, já ativa, e o
// que nasce acima dela sobe para fora da vista. Em outra hora, como ao abrir a página, nada se mexe.
function bringIntoView(root) {
  const cell = root.closest(".jp-Cell");
  if (![cell, cell?.nextElementSibling].some((node) => node?.matches(".jp-mod-active"))) return;
  for (const node of [cell, root]) { // a célula toda, se couber; senão, o painel
    const isTall = node.offsetHeight > cell.closest(".jp-Notebook").clientHeight;
    node.scrollIntoView({ block: isTall ? "start" : "nearest" });
  }
}

// Só escreve o que mudou: um leitor de tela repetiria o resto.
function write(node, text) {
  if (node.textContent !== text) node.textContent = text;
}

const number = new Intl.NumberFormat("pt-BR");

// A conta com o nome no número certo: 1 mensagem, 1,5 mensagem, 2 mensagens.
const plural = (count, one, many) => `${number.format(count)} ${count > 0 && count < 2 ? one : many}`;

// Sem acentos nem maiúsculas, como se digita um nome com pressa: joao acha João.
const plain = (text) => text.toLowerCase().normalize("NFKD").replace(/\p{M}/gu, "");

// Um botão pequeno do cabeçalho. label diz por extenso o que ele faz.
function createTool(text, label, action) {
  const button = create("button", "chatlib-button chatlib-tool", text, { type: "button", title: label, "aria-label": label });
  button.addEventListener("click", action);
  return button;
}

// O cabeçalho, igual em todos os painéis: nome, estado e, à direita, as ferramentas, com o tamanho das letras
// na frente. grow multiplica esse tamanho. show(word, light) diz o estado; light é "on", "wait" ou "off".
function createHeader(title, grow, ...tools) {
  const node = create("header", "chatlib-header");
  const name = create("strong", "chatlib-title", title, { dir: "auto" });
  const state = create("span", "chatlib-state", "", { role: "status" });
  const side = create("span", "chatlib-tools");
  side.append(
    createTool("A−", "Diminuir as letras", () => grow(1 / 1.15)),
    createTool("A+", "Aumentar as letras", () => grow(1.15)),
    ...tools,
  );
  node.append(name, state, side);
  function show(word, light) {
    write(state, word);
    state.dataset.light = light;
  }
  return { node, name, state, show };
}

const WAITING = "Esperando o kernel responder. Se você acabou de abrir o notebook, rode de novo a célula deste painel.";
const GONE = "O kernel parou ou foi reiniciado. Rode de novo a célula que criou este painel.";

const UNREACHED = "sem contato com o Jupyter";

// Pede tudo ao kernel até ele responder, com paciência que dobra a cada vez, e avisa se ele se for.
// hasAnswered diz se já respondeu; onSilence e onGone mostram o que houve; onLink(se), se o navegador o alcança.
// Devolve a função que para.
function keepAsking(model, hasAnswered, onSilence, onGone, onLink) {
  const session = model.widget_manager?.context?.sessionContext; // fora do JupyterLab, não há
  const ask = () => model.send({ type: "ready" });
  let patience = 1000; // milissegundos
  let timer = setTimeout(again, patience);
  function again() {
    if (hasAnswered()) return;
    onSilence(WAITING);
    ask();
    patience *= 2;
    timer = setTimeout(again, patience);
  }
  function stop() {
    clearTimeout(timer);
    model.off("comm_live_update", leave);
    session?.kernelChanged.disconnect(change);
    session?.connectionStatusChanged.disconnect(link);
  }
  function change() {
    if (hasAnswered()) leave();
  }
  function link(_, status) {
    onLink(status === "connected");
  }
  function leave() {
    stop();
    onGone(GONE);
  }
  model.on("comm_live_update", leave);
  session?.kernelChanged.connect(change); // encerrado por um menu, o kernel não avisa os widgets
  session?.connectionStatusChanged.connect(link);
  ask();
  return stop;
}

const SCALES = [0.7, 2.5]; // o menor e o maior tamanho das letras

// O tamanho das letras é um valor do widget, o mesmo em todas as vistas. Devolve quem o muda.
function followScale(model, root) {
  const show = () => root.style.setProperty("--chatlib-scale", Number(model.get("scale")));
  model.on("change:scale", show);
  show();
  return {
    resize(factor) {
      model.set("scale", Math.min(SCALES[1], Math.max(SCALES[0], model.get("scale") * factor)));
      model.save_changes();
    },
    stop: () => model.off("change:scale", show),
  };
}
