// As medidas em palavras. E a largura: o plotly só a refaz quando a janela muda, então a página o avisa.

function render({ model, el }) {
  const words = document.createElement("p");
  words.className = "chatlib-measures-words";
  words.lang = "pt-BR";
  el.append(words);
  const show = () => { words.textContent = model.get("text"); };
  const observer = new ResizeObserver(() => window.dispatchEvent(new Event("resize")));
  model.on("change:text", show);
  observer.observe(el);
  show();
  return () => {
    observer.disconnect();
    model.off("change:text", show);
  };
}

export default { render };
