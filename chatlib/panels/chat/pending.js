// O que se mandou e ainda não chegou à sala: à espera do Jupyter, da vez ou da resposta do servidor.

const LATE = 800; // milissegundos: quase tudo chega antes, e nada se mexe na tela

// hold(): desiste do que ainda não foi, que volta para a caixa.
function createPending(hold) {
  const node = create("div", "chatlib-pending", "", { role: "status" });
  const text = create("bdi", "chatlib-pending-text");
  const stop = create("button", "chatlib-button", "Parar", { type: "button", title: "Devolver à caixa o que ainda não foi" });
  const unheard = []; // [número, texto] do que o kernel ainda não confirmou
  let last = 0;
  let late = null; // o relógio que a mostra
  let queue = { count: 0, lines: [], rate: 0 }; // o que o kernel tem à espera
  stop.addEventListener("click", hold);
  node.append(text, stop);

  function show() {
    const lines = [...queue.lines, ...unheard.flatMap(([, said]) => said.split("\n"))];
    const count = Math.max(queue.count, queue.lines.length) + lines.length - queue.lines.length;
    const why = unheard.length ? "o Jupyter não respondeu" :
      queue.rate ? `passam ${number.format(queue.rate)} por segundo` : "o servidor não respondeu";
    const rest = count > 1 ? ` e mais ${number.format(count - 1)}` : "";
    write(text, count ? `${lines[0].slice(0, 80)}${rest} · à espera: ${why}` : "");
    stop.hidden = queue.count < 2;
    if (count) {
      late ??= setTimeout(() => { node.hidden = false; }, LATE);
    } else {
      clearTimeout(late);
      late = null;
      node.hidden = true;
    }
  }

  node.hidden = true;
  return {
    node,
    add(said) {
      unheard.push([last += 1, said]);
      show();
      return last;
    },
    // heard: o número do último texto que o kernel recebeu desta vista.
    learn(pending, heard = 0) {
      queue = pending ?? queue;
      while (unheard.length && unheard[0][0] <= heard) unheard.shift();
      show();
    },
  };
}

// O rascunho da caixa fica nesta aba do navegador: recarregar a página não o apaga, e o arquivo não o vê.
function keepDraft(box, id) {
  const key = `chatlib.rascunho.${id}`;
  const store = globalThis.sessionStorage;
  if (!box.value) box.value = store.getItem(key) ?? "";
  box.dispatchEvent(new Event("input"));
  return () => (box.value ? store.setItem(key, box.value) : store.removeItem(key));
}
