// O título da aba do navegador: "(@) " na frente enquanto alguém chamou e ainda não foi lido.
// Todos os painéis da página o dividem, e o JupyterLab o troca quando quer.

const MARK = "(@) ";

function createTitle() {
  const calling = new Set(); // os painéis que têm algo a ler
  function show() {
    const bare = document.title.startsWith(MARK) ? document.title.slice(MARK.length) : document.title;
    const wanted = calling.size ? MARK + bare : bare;
    if (document.title !== wanted) document.title = wanted;
  }
  new MutationObserver(show).observe(document.head, { childList: true, subtree: true, characterData: true });
  return (panel, isCalling) => {
    if (isCalling) calling.add(panel);
    else calling.delete(panel);
    show();
  };
}
const mark = (globalThis[Symbol.for("chatlib.title")] ??= createTitle());

// Cada painel tem a sua cópia deste módulo: as vistas dele leem por todas.
const calls = { last: -1, read: -1 }; // os números da última linha que chamou e da última lida
function call(line) {
  calls.last = Math.max(calls.last, line);
  mark(calls, calls.last > calls.read);
}
function readCalls() {
  calls.read = calls.last;
  mark(calls, false);
}
