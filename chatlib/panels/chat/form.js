// A caixa de escrever: Enter manda, Shift+Enter muda de linha, ↑ repete, Tab completa.

const NEAR = 0.8; // fração do limite a partir da qual se mostra a conta
const ASKED = 200; // linhas que um só Enter não manda sem perguntar
const OFFERED = 6; // nomes que Tab mostra de uma vez: um leitor de tela os lê todos
const OFFER = /^\/\S*$|(^|\s)@\S+$/; // quem escreve um comando, ou chama alguém, vê logo o que Tab completa
const UNDONE = 100; // linhas: com mais, o modo que se desfaz prenderia a página (4 mil levam 20 s)
const WHOLE = 20_000; // caracteres: além disso, achar o sentido de cada linha prenderia a página (200 mil, 50 s)
const measure = new TextEncoder();

const longest = (text) => text.split("\n").reduce((most, line) => Math.max(most, measure.encode(line).length), 0);
const said = (text) => text.split("\n").filter((line) => line.trim());

// O que pode completar ``text``: um comando no começo, ou o apelido de alguém no fim.
function complete(text, commands, people) {
  if (/^\/\S*$/.test(text)) return startingWith(text, commands).map((name) => `${name} `);
  const [, before, word] = text.match(/^([^]*?@?)([^\s@]+)$/) ?? [];
  if (!word) return text === "/msg " ? people.map((name) => `/msg ${name} `) : [];
  return startingWith(word, people).map((name) => `${before}${name} `);
}

// Uma frase com os nomes que Tab oferece; vazia, se não há nenhum.
function offering(texts) {
  const names = texts.slice(0, OFFERED).map((text) => text.trim().split(/[\s@]/).at(-1)).join(", ");
  const rest = texts.length - OFFERED;
  return names && `Tab: ${names}${rest > 0 ? ` e mais ${number.format(rest)}` : ""}`;
}

// send(text): manda o texto e diz se foi possível.
function createForm(send) {
  const form = create("form", "chatlib-form");
  const box = create("textarea", "chatlib-input chatlib-box", "", {
    rows: "1", dir: "auto", autocomplete: "off", "aria-label": "Mensagem", placeholder: "Escreva aqui",
  });
  const button = create("button", "chatlib-button chatlib-main", "Enviar", { type: "submit" });
  const hint = create("p", "chatlib-hint", "", { role: "status" });
  form.append(box, button, hint);

  const facts = { limit: 4096, commands: [], people: [], online: false, hoping: false };
  const sent = []; // o que já se mandou, para ↑
  let pages = [""]; // por onde ↑ e ↓ andam: uma cópia de sent e, no fim, o rascunho; o que se mexe fica mexido
  let page = 0; // em qual delas se está
  let confirmed = null; // o texto enorme que já se perguntou se é para mandar
  let tab = { texts: [], index: 0 }; // o que Tab está oferecendo

  function hintFor(text) {
    const size = longest(text);
    const bytes = `${number.format(size)} de ${number.format(facts.limit)} bytes`;
    if (size > facts.limit) return `Mensagem longa demais: ${bytes}. Divida-a com Shift+Enter.`;
    if (facts.hoping && text) return "Sem conexão: o que você escreveu fica aqui até ela voltar.";
    if (!facts.online && text) return "Você não está na sala: o que escreveu fica aqui até que entre.";
    const offer = OFFER.test(text) ? offering(completions()) : "";
    if (offer) return offer;
    if (said(text).length > 1) return `São ${number.format(said(text).length)} linhas: cada uma vai como uma mensagem.`;
    return size > NEAR * facts.limit ? bytes : "";
  }

  // O que Tab pode pôr na caixa, fora o que já está nela.
  const completions = () => complete(box.value, facts.commands, facts.people).filter((text) => text.trim() !== box.value);

  function refresh() {
    box.dir = box.value.length > WHOLE ? "" : "auto";
    box.style.height = "auto"; // encolhe antes de medir
    box.style.height = `${box.scrollHeight + 2}px`;
    hint.textContent = hintFor(box.value);
    hint.hidden = !hint.textContent;
    const tooLong = longest(box.value) > facts.limit;
    box.setAttribute("aria-invalid", tooLong);
    button.disabled = !facts.online || tooLong;
  }

  // Troca o texto de um modo que Ctrl+Z desfaz, se é a pessoa quem está na caixa.
  function put(text) {
    if (box.value !== text) {
      box.select();
      const undoable = box.matches(":focus") && text.split("\n").length <= UNDONE;
      if (!undoable || !document.execCommand(text ? "insertText" : "delete", false, text)) box.value = text;
    }
    box.setSelectionRange(text.length, text.length);
    refresh();
  }

  // Um texto enorme, talvez colado por engano, pede um segundo Enter.
  function asks(text) {
    if (said(text).length <= ASKED || confirmed === text) return false;
    confirmed = text;
    hint.hidden = false;
    hint.textContent = `São ${number.format(said(text).length)} linhas. Enter de novo manda todas, uma a uma.`;
    return true;
  }

  const isBrowsing = () => page < pages.length - 1;

  // Mandado o que ↑ trouxe, o rascunho volta.
  function submit() {
    const text = box.value;
    if (!button.disabled && asks(text)) return;
    if (!text.trim() || button.disabled || !send(text)) return refresh();
    const draft = isBrowsing() ? pages.at(-1) : "";
    if (sent.at(-1) !== text) sent.push(text);
    pages = [...sent, draft];
    page = sent.length;
    put(draft);
  }

  function browse(step) {
    pages[page] = box.value;
    page = Math.min(sent.length, Math.max(0, page + step));
    put(pages[page]);
  }

  // Verdadeiro se havia o que completar; senão, Tab faz o de sempre: leva ao botão.
  function completeNext() {
    const again = tab.texts.length > 1 && box.value === tab.texts[tab.index];
    if (again) tab.index = (tab.index + 1) % tab.texts.length;
    else tab = { texts: complete(box.value, facts.commands, facts.people), index: 0 };
    if (!tab.texts.length || box.value === tab.texts[tab.index]) return false;
    const { texts, index } = tab;
    put(texts[index]);
    if (texts.length > 1) {
      hint.textContent = offering(texts);
      hint.hidden = false;
    }
    return true;
  }

  function onKey(event) {
    // 229 é uma tecla do método de entrada: o Safari já terminou a composição quando a conta.
    if (event.isComposing || event.keyCode === 229 || event.ctrlKey || event.altKey || event.metaKey) return;
    const { selectionStart: at, value } = box;
    const oneRow = box.scrollHeight < 2.5 * parseFloat(getComputedStyle(box).lineHeight);
    const untouched = isBrowsing() && value === pages[page]; // o que ↑ trouxe, sem mexer
    let done = false;
    if (event.key === "Enter" && !event.shiftKey) done = submit() || true;
    else if (event.key === "ArrowUp" && (at === 0 || oneRow || untouched) && sent.length) done = browse(-1) || true;
    else if (event.key === "ArrowDown" && isBrowsing() && (at === value.length || oneRow || untouched)) done = browse(1) || true;
    else if (event.key === "Tab" && !event.shiftKey && at === value.length) done = completeNext();
    if (done) event.preventDefault();
  }

  form.addEventListener("submit", (event) => {
    event.preventDefault(); // sem isto, o navegador sairia da página para enviar o formulário
    submit();
    box.focus(); // quem clicou em Enviar continua a escrever
  });
  box.addEventListener("keydown", onKey);
  box.addEventListener("input", () => {
    if (isBrowsing() && box.value === pages.at(-1)) page = pages.length - 1; // Ctrl+Z trouxe o rascunho
    refresh();
  });
  refresh();

  return {
    node: form,
    learn(news) {
      const changed = Object.keys(news).some((name) => facts[name] !== news[name]);
      Object.assign(facts, news);
      if (changed) refresh();
    },
    // O texto que não saiu volta, antes do que já se tenha escrito depois.
    giveBack(texts) {
      if (texts.length) put([...texts.map(withoutBlanks), ...(box.value ? [box.value] : [])].join("\n"));
    },
    // O que o servidor não entendeu volta, se a pessoa ainda não escreve outra coisa; selecionado, para que a
    // tecla que já vinha o substitua.
    offer(texts) {
      if (!texts.length || box.value) return;
      put(texts.join("\n"));
      if (box.matches(":focus")) box.select();
    },
    talkTo(apelido) {
      box.focus();
      put(`/msg ${apelido} ${box.value.replace(/^\/msg \S+ /, "")}`);
    },
  };
}
