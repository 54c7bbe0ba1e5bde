// A conversa na página: a rolagem, e o que se perdeu enquanto se lia mais acima ou se estava longe.

const PER_FRAME = 40; // linhas desenhadas de cada vez: com mais, a página engasgaria

// Se a linha fala com quem usa o painel: uma menção ou uma mensagem particular.
const isCall = ([kind, , , , flags]) => kind === "other" && !flags.includes("h") && /[mp]/.test(flags);

function createLog() {
  const node = create("div", "chatlib-talk");
  const scroll = create("div", "chatlib-log", "", {
    role: "log", "aria-live": "polite", "aria-label": "Mensagens", tabindex: "0",
  });
  const lines = create("div", "chatlib-lines");
  const jump = create("button", "chatlib-button chatlib-jump", "", { type: "button" });
  scroll.append(lines);
  node.append(scroll, jump);

  const groups = createGroups(lines);
  let shown = Infinity; // linhas que ficam na página; o kernel diz quantas, e só ele tem as outras
  let queue = []; // linhas que ainda não couberam num quadro, e se são novidade
  let count = 0; // linhas na página
  let newest = null; // a última linha na página
  let unread = 0;
  let mentioned = false;
  let place = 0; // onde se lê: a distância do fim, negativa
  let before = null; // escondido o painel, a última linha que se podia ler; à vista, null
  let inView = true; // se o painel está na parte da página que se vê

  // O CSS usa column-reverse: no fim da conversa, scrollTop é zero; acima, negativo.
  const isReading = () => place <= -30;
  const isHidden = () => !scroll.clientHeight; // em outra aba do JupyterLab, ou fora da página
  const isSeen = () =>
    inView && !isHidden() && !isReading() && document.visibilityState === "visible" && document.hasFocus();
  const topOf = (line) => line.getBoundingClientRect().top;

  function noteSeen() {
    if (isSeen()) readCalls();
  }

  function showUnread() {
    jump.hidden = !unread;
    jump.textContent = `${mentioned ? "@ " : ""}${plural(unread, "nova mensagem", "novas mensagens")} ↓`;
    jump.title = mentioned ? "Alguém falou de você ou com você" : "";
  }

  function goToEnd() {
    unread = place = scroll.scrollTop = 0;
    mentioned = false;
    showUnread();
    noteSeen();
  }

  function draw() {
    const hidden = isHidden();
    if (hidden) before ??= newest;
    const reading = isReading() && !hidden;
    const anchor = newest; // não sai do lugar, se a pessoa está lendo
    const top = reading && topOf(anchor);
    const batch = queue.splice(0, PER_FRAME);
    const fragment = document.createDocumentFragment(); // muitas linhas, uma só mudança na página
    for (const [item] of batch) newest = groups.add(fragment, item);
    lines.append(fragment);
    count += batch.length;
    drop(count - shown);
    if (reading) scroll.scrollTop = place += topOf(anchor) - top;
    if (reading || hidden) countUnread(batch);
    if (reading && batch.some(([[kind, , , , flags]]) => kind === "mine" && !flags.includes("h"))) goToEnd();
    showUnread();
    if (queue.length) requestAnimationFrame(draw);
  }

  function countUnread(batch) {
    const fresh = batch.filter(([[kind], isNews]) => isNews && kind !== "mine");
    unread += fresh.length;
    mentioned ||= fresh.some(([item]) => isCall(item));
  }

  function drop(spare) {
    if (spare <= 0) return;
    groups.drop(spare);
    count -= spare;
  }

  // De volta à vista: quem lia mais acima continua onde estava; quem estava no fim e perdeu mais do que
  // cabe começa pelo que perdeu.
  function reveal() {
    const seen = before;
    before = null;
    if (unread && seen?.isConnected) {
      const missed = newest.getBoundingClientRect().bottom - seen.getBoundingClientRect().bottom;
      if (isReading()) place -= missed;
      else if (missed > scroll.clientHeight) place = scroll.clientHeight - missed;
      scroll.scrollTop = place;
      if (!isReading()) goToEnd();
    } else if (isReading()) {
      scroll.scrollTop = place;
    }
    noteSeen();
  }

  scroll.addEventListener("scroll", () => {
    if (before || isHidden()) return; // escondido, o navegador o leva a zero
    place = scroll.scrollTop;
    if (isReading()) return;
    if (unread) goToEnd();
    noteSeen();
  });
  jump.addEventListener("click", () => {
    goToEnd();
    scroll.focus();
  });
  const resizing = new ResizeObserver(() => {
    if (isHidden()) before ??= newest;
    else if (before) reveal();
  });
  const viewing = new IntersectionObserver((changes) => {
    inView = changes.at(-1).isIntersecting;
    noteSeen();
  });
  resizing.observe(scroll);
  viewing.observe(scroll);
  window.addEventListener("focus", noteSeen);
  document.addEventListener("visibilitychange", noteSeen);
  showUnread();

  return {
    node,
    limit(size) {
      shown = size;
    },
    // As linhas a partir da de número ``first``. isNews: se chegaram agora, e não já estavam na conversa.
    add(fresh, first = 0, isNews = false) {
      const isIdle = !queue.length;
      queue = queue.concat(fresh.map((item) => [item, isNews])).slice(-shown);
      if (isIdle && queue.length > PER_FRAME) requestAnimationFrame(draw);
      else if (isIdle && queue.length) draw(); // cabe no próximo quadro: já
      const called = isNews ? fresh.findLastIndex(isCall) : -1;
      if (called >= 0) call(first + called);
      noteSeen();
    },
    // Ficam só as últimas ``size`` linhas; zero depois de Limpar.
    keep(size) {
      queue = size ? queue.slice(-size) : [];
      if (size < shown) drop(Math.min(count, count + queue.length - size));
      if (!count) goToEnd();
      node.classList.toggle("chatlib-empty", !size);
    },
    selectAll: () => getSelection().selectAllChildren(lines),
    stop() {
      resizing.disconnect();
      viewing.disconnect();
      window.removeEventListener("focus", noteSeen);
      document.removeEventListener("visibilitychange", noteSeen);
      readCalls();
    },
  };
}
