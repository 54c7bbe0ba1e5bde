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
  const root = create("section", `chatlib ${className}`, "", { lang: "pt-BR", "data-lm-suppress-shortcuts": "true" });
  for (const type of ["keydown", "keypress", "keyup"]) {
    root.addEventListener(type, (event) => event.stopPropagation());
  }
  return root;
}
