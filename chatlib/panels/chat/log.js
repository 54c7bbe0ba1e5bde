// A conversa na página: as linhas, a rolagem e o que se perdeu enquanto se lia mais acima.

const PER_FRAME = 40; // linhas desenhadas de cada vez: com mais, a página engasgaria
const CLOCK = new Intl.DateTimeFormat("pt-BR", { hour: "2-digit", minute: "2-digit" });

// Um número de 0 a 359, sempre o mesmo para o mesmo apelido: a cor dele no círculo das cores.
function hueOf(apelido) {
  let sum = 7;
  for (const char of apelido.normalize("NFKC").toLowerCase()) sum = (sum * 31 + char.codePointAt(0)) % 9973;
  return (sum * 137) % 360;
}

// "Ana: oi" vira o autor em destaque e o resto. Os dois juntos são a linha, letra por letra.
// A hora é só aparência (veja o CSS): quem copia a conversa leva o que foi dito, e mais nada.
function createLine([kind, author, text, when, flags]) {
  const line = create("div", `chatlib-line chatlib-${kind}`);
  if (when) line.dataset.time = CLOCK.format(when * 1000);
  if (flags.includes("p")) line.classList.add("chatlib-private");
  if (flags.includes("m")) line.classList.add("chatlib-mention");
  if (flags.includes("h")) line.classList.add("chatlib-history");
  if (author) {
    const name = create("bdi", "chatlib-author", author);
    name.style.setProperty("--hue", hueOf(author));
    line.append(name, flags.includes("p") ? " (particular): " : ": ");
  }
  line.append(create("bdi", "chatlib-text", text));
  return line;
}

function createLog() {
  const node = create("div", "chatlib-talk");
  const scroll = create("div", "chatlib-log", "", {
    role: "log", "aria-live": "polite", "aria-label": "Mensagens", tabindex: "0",
  });
  const lines = create("div", "chatlib-lines");
  const jump = create("button", "chatlib-button chatlib-jump", "", { type: "button" });
  scroll.append(lines);
  node.append(scroll, jump);

  let shown = Infinity; // linhas que ficam na página; o kernel diz quantas, e só ele tem as outras
  let queue = []; // linhas que ainda não couberam num quadro
  let count = 0; // linhas na página
  let unread = 0;
  let mentioned = false;

  // O CSS usa column-reverse: no fim da conversa, scrollTop é zero; acima, negativo.
  const isAtEnd = () => scroll.scrollTop > -30;

  function showUnread() {
    jump.hidden = !unread;
    const what = unread === 1 ? "1 nova mensagem" : `${unread.toLocaleString("pt-BR")} novas mensagens`;
    jump.textContent = `${mentioned ? "@ " : ""}${what} ↓`;
    jump.title = mentioned ? "Alguém falou de você" : "";
  }

  function goToEnd() {
    unread = 0;
    mentioned = false;
    scroll.scrollTop = 0;
    showUnread();
  }

  function draw() {
    const reading = !isAtEnd();
    const anchor = lines.lastChild; // não sai do lugar, se a pessoa está lendo
    const place = reading && anchor.getBoundingClientRect().top;
    const batch = queue.splice(0, PER_FRAME);
    const fragment = document.createDocumentFragment(); // muitas linhas, uma só mudança na página
    fragment.append(...batch.map(createLine));
    lines.append(fragment);
    count += batch.length;
    while (count > shown) dropFirst();
    if (reading) {
      scroll.scrollTop += anchor.getBoundingClientRect().top - place;
      unread += batch.filter(([kind]) => kind !== "mine").length;
      mentioned ||= batch.some(([, , , , flags]) => flags.includes("m"));
      if (batch.some(([kind, , , , flags]) => kind === "mine" && !flags.includes("h"))) goToEnd();
    }
    showUnread();
    if (queue.length) requestAnimationFrame(draw);
  }

  function dropFirst() {
    lines.firstChild.remove();
    count -= 1;
  }

  scroll.addEventListener("scroll", () => unread && isAtEnd() && goToEnd());
  jump.addEventListener("click", () => {
    goToEnd();
    scroll.focus();
  });
  showUnread();

  return {
    node,
    limit(size) {
      shown = size;
    },
    add(fresh) {
      if (!queue.length && fresh.length) requestAnimationFrame(draw);
      queue = queue.concat(fresh).slice(-shown);
    },
    // Ficam só as últimas ``size`` linhas; zero depois de Limpar.
    keep(size) {
      queue = size ? queue.slice(-size) : [];
      while (size < shown && count && count + queue.length > size) dropFirst();
      if (!count) goToEnd();
      node.classList.toggle("chatlib-empty", !size);
    },
  };
}
