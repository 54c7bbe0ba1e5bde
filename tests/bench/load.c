/* Gerador de carga do chat: um processo, uma thread, um epoll.
 *
 *   load PROTOCOLO PORTA CENÁRIO LEITORES FALANTES SEGUNDOS
 *
 * PROTOCOLO  chat (o do curso), ws (o mesmo chat em WebSocket), irc, nats ou redis.
 * CENÁRIO    joins    todos entram; mede até o último receber as boas-vindas
 *            churn    com os LEITORES parados na sala, FALANTES por vez entram e saem, durante SEGUNDOS
 *            fanout   cada falante mantém até WINDOW mensagens no ar, durante SEGUNDOS
 *            stall    o mesmo, com um membro a mais que entra e nunca lê
 *            latency  PACE mensagens por segundo, um falante de cada vez
 *            growth   o fanout, duas vezes com a mesma gente
 *
 * Só fala com 127.0.0.1. Antes e depois do que se mede, escreve uma linha "pausa" e espera uma linha
 * na entrada: é a hora de olhar o processo do servidor. O resultado é uma linha JSON na saída
 * padrão; um erro é uma frase na saída de erros e o código 1.
 *
 * Cada mensagem termina numa cauda de tamanho fixo: "~", o falante, o número da mensagem e a hora
 * do envio, em letras de "a" a "p" (quatro bits cada). Lida do fim para o começo, ela dispensa
 * saber que prefixo o servidor pôs, e deixa conferir que nada faltou, se repetiu ou trocou de ordem.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum {
    TEXT = 64,              /* bytes de uma mensagem, com o fim de linha */
    WINDOW = 100,           /* mensagens no ar por falante */
    PACE = 100,             /* mensagens por segundo no cenário latency */
    CALM = 8,               /* entradas ao mesmo tempo nos cenários que não medem a entrada */
    SPEAKER = 2, NUMBER = 6, CLOCK = 16,            /* letras de cada campo da cauda */
    TAIL = 1 + SPEAKER + NUMBER + CLOCK,
    SPEAKERS = 128, CLIENTS = 8192, EVENTS = 1024,
    REST = 4096,            /* pedaço de mensagem guardado entre duas leituras */
    CHUNK = 1 << 18,        /* bytes por leitura */
    QUIET_MS = 200,         /* silêncio que separa as entradas da medida */
    GIVE_UP_S = 5,          /* sem nenhuma entrega por tanto tempo, o servidor parou */
    JOIN_LIMIT_S = 90,
};

/* A entrada é uma lista de passos: espera-se um texto, responde-se outro. */
struct step {
    const char *expected, *reply; /* reply NULL: entrou */
    int framed;                   /* a resposta vai como mensagem, não como bytes crus */
};
struct protocol {
    const char *name;
    const char *line; /* formato de uma mensagem; NULL: quadros de WebSocket */
    int echoes;       /* quem fala recebe a própria mensagem de volta */
    int joining;      /* entradas ao mesmo tempo no cenário joins */
    struct step steps[4];
};
static const struct protocol PROTOCOLS[] = {
    {"chat", "%.*s\n", 1, 100, {{"NICK", "%s", 1}, {"Conectado ao servidor!", NULL, 0}}},
    {"ws", NULL, 1, 100, {{"", "GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\n"
                               "Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                               "Sec-WebSocket-Key: Y2FyZ2EgZG8gY2hhdCAhIQ==\r\n\r\n", 0},
                          {"\r\n\r\n", "", 0}, {"NICK", "%s", 1}, {"Conectado ao servidor!", NULL, 0}}},
    /* O ngircd deixa só 10 conexões à espera de accept; as outras perdem segundos em retransmissões. */
    {"irc", "PRIVMSG #c :%.*s\r\n", 0, 8, {{"", "NICK %1$s\r\nUSER %1$s 0 * :carga\r\n", 0},
                                          {" 001 ", "JOIN #c\r\n", 0}, {":End of NAMES", NULL, 0}}},
    {"nats", "PUB c %1$d\r\n%2$.*1$s\r\n", 1, 100,
     {{"INFO ", "CONNECT {\"verbose\":false}\r\nSUB c 1\r\nPING\r\n", 0}, {"PONG\r\n", NULL, 0}}},
    /* Só o RESP3 deixa publicar por uma conexão que assina. */
    {"redis", "PUBLISH c %.*s\r\n", 1, 100,
     {{"", "HELLO 3\r\nSUBSCRIBE c\r\n", 0}, {"subscribe\r\n$1\r\nc\r\n:1\r\n", NULL, 0}}},
};

struct client {
    int fd, step, open, joined, name;
    size_t kept;
    char rest[REST];
    uint32_t next[SPEAKERS]; /* número da próxima mensagem de cada falante */
};

static const struct protocol *protocol;
static struct client *clients;
static int total, readers, speakers, opened, admitted, epoll_fd, port, stalled, names;
static uint32_t sent[SPEAKERS], returned[SPEAKERS];
static uint64_t deliveries, broken, last_delivery;
static uint64_t *latencies; /* ns; NULL fora do cenário latency */
static size_t latencies_size;

static _Noreturn void fail(const char *what, int client)
{
    fprintf(stderr, "%s (cliente s%d%s%s)\n", what, client, errno ? ": " : "", errno ? strerror(errno) : "");
    exit(1);
}

static uint64_t read_clock(clockid_t clock)
{
    struct timespec t;
    clock_gettime(clock, &t);
    return t.tv_sec * 1000000000ull + t.tv_nsec;
}

static uint64_t now(void)
{
    return read_clock(CLOCK_MONOTONIC);
}

/* Quem nos chamou olha o servidor, e responde quando se pode seguir. */
static void pause_here(void)
{
    puts("pausa");
    fflush(stdout);
    if (getchar() == EOF)
        exit(1);
}

static void put_letters(char *to, int size, uint64_t value)
{
    while (size--) {
        to[size] = 'a' + (value & 15);
        value >>= 4;
    }
}

static uint64_t get_letters(const char *from, int size)
{
    uint64_t value = 0;
    for (int i = 0; i < size; i++)
        value = value << 4 | ((from[i] - 'a') & 15);
    return value;
}

/* Embrulha um texto como o protocolo pede; devolve o tamanho. */
static size_t frame(char *to, const char *text, size_t size)
{
    if (!protocol->line) {
        /* A máscara é obrigatória do cliente para o servidor; com zeros, o texto fica como está. */
        memcpy(to, (char[]){(char)0x81, (char)(0x80 | size), 0, 0, 0, 0}, 6);
        memcpy(to + 6, text, size);
        return 6 + size;
    }
    return sprintf(to, protocol->line, (int)size, text);
}

static void transmit(struct client *c, const char *data, size_t size)
{
    /* O que está no ar cabe sempre no buffer do socket: um envio parcial é um defeito. */
    if (send(c->fd, data, size, MSG_NOSIGNAL) != (ssize_t)size)
        fail("o envio falhou", c - clients);
}

/* Acha a próxima mensagem inteira; devolve quantos bytes ela ocupa, ou 0 se ainda falta um pedaço. */
static size_t next_message(const char *data, size_t size, const char **text, size_t *length)
{
    if (!protocol->line) {
        size_t header = 2;
        if (size < 4)
            return 0;
        *length = data[1] & 127;
        if (*length == 127)
            fail("quadro WebSocket grande demais", -1);
        if (*length == 126) {
            header = 4;
            *length = (uint8_t)data[2] << 8 | (uint8_t)data[3];
        }
        *text = data + header;
        return size < header + *length ? 0 : header + *length;
    }
    const char *end = memchr(data, '\n', size);
    if (!end)
        return 0;
    *text = data;
    *length = end - data - (end > data && end[-1] == '\r');
    return end + 1 - data;
}

/* O IRC não devolve a mensagem a quem falou: lá, quem confirma é o cliente seguinte. */
static int witness(int speaker)
{
    return protocol->echoes ? speaker : (speaker + 1) % readers;
}

static void deliver(struct client *c, const char *text, size_t size)
{
    const char *tail = text + size - TAIL;
    if (size < TAIL || *tail != '~')
        return; /* um aviso do servidor */
    uint32_t speaker = get_letters(tail + 1, SPEAKER) % SPEAKERS;
    uint32_t number = get_letters(tail + 1 + SPEAKER, NUMBER);
    broken += number != c->next[speaker];
    c->next[speaker] = number + 1;
    returned[speaker] += c - clients == witness(speaker);
    if (latencies && deliveries < latencies_size)
        latencies[deliveries] = now() - get_letters(tail + 1 + SPEAKER + NUMBER, CLOCK);
    deliveries++;
}

/* Um passo da entrada; devolve quantos bytes consumiu, ou -1 se o texto esperado não chegou. */
static ssize_t advance(struct client *c, const char *data, size_t size)
{
    const struct step *step = &protocol->steps[c->step];
    const char *found = memmem(data, size, step->expected, strlen(step->expected));
    if (!found)
        return -1;
    c->step++;
    if (step->reply) {
        char nickname[16], reply[512];
        sprintf(nickname, "s%d", c->name);
        if (step->framed)
            transmit(c, reply, frame(reply, nickname, strlen(nickname)));
        else
            transmit(c, reply, sprintf(reply, step->reply, nickname));
    } else {
        c->joined = 1;
        admitted++;
    }
    return found + strlen(step->expected) - data;
}

/* Trata os bytes que chegaram; devolve quantos ficam para a próxima leitura. */
static size_t consume(struct client *c, const char *data, size_t size)
{
    const char *text;
    size_t at = 0, used, length;
    while (!c->joined) {
        ssize_t step = advance(c, data + at, size - at);
        if (step < 0)
            return size - at < 32 ? size - at : 32; /* o texto esperado pode ter chegado pela metade */
        at += step;
    }
    while ((used = next_message(data + at, size - at, &text, &length))) {
        deliver(c, text, length);
        at += used;
    }
    return size - at;
}

static void read_client(struct client *c)
{
    static char data[REST + CHUNK];
    memcpy(data, c->rest, c->kept);
    ssize_t got = recv(c->fd, data + c->kept, CHUNK, 0);
    if (got < 0 && errno == EAGAIN)
        return;
    if (got <= 0) {
        errno = got ? errno : 0;
        fprintf(stderr, "%.*s\n", (int)c->kept, data); /* o motivo, se o servidor disse algum */
        fail("o servidor fechou a conexão", c - clients);
    }
    size_t size = c->kept + got;
    c->kept = consume(c, data, size);
    if (c->kept > REST)
        fail("mensagem grande demais", c - clients);
    memcpy(c->rest, data + size - c->kept, c->kept);
}

static void open_client(struct client *c)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(port)};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    c->name = names++;
    c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (c->fd < 0)
        fail("não há mais descritores", c - clients);
    setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
    if (stalled && c == &clients[total - 1]) /* o membro parado guarda pouco, para o servidor senti-lo logo */
        setsockopt(c->fd, SOL_SOCKET, SO_RCVBUF, &(int){4096}, sizeof(int));
    if (connect(c->fd, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS)
        fail("a conexão foi recusada", c - clients);
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &(struct epoll_event){EPOLLOUT, {.ptr = c}});
}

static void connected(struct client *c)
{
    socklen_t size = sizeof errno;
    getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &errno, &size);
    if (errno)
        fail("a conexão falhou", c - clients);
    c->open = 1;
    epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &(struct epoll_event){EPOLLIN, {.ptr = c}});
    c->kept = consume(c, c->rest, 0); /* em alguns protocolos, o cliente fala primeiro */
}

/* Uma volta: trata tudo o que está pronto; devolve quantos sockets estavam. */
static int pump(int timeout_ms)
{
    struct epoll_event events[EVENTS];
    uint64_t before = deliveries;
    int ready = epoll_wait(epoll_fd, events, EVENTS, timeout_ms);
    for (int i = 0; i < ready; i++) {
        struct client *c = events[i].data.ptr;
        c->open ? read_client(c) : connected(c);
    }
    if (deliveries > before)
        last_delivery = now();
    return ready;
}

static double join_all(int at_once)
{
    uint64_t start = now(), limit = start + JOIN_LIMIT_S * 1000000000ull;
    while (admitted < total) {
        while (opened < total && opened - admitted < at_once)
            open_client(&clients[opened++]);
        pump(100);
        if (now() > limit) {
            fprintf(stderr, "só %d de %d entraram em %d s\n", admitted, total, JOIN_LIMIT_S);
            exit(1);
        }
    }
    return (now() - start) / 1e9;
}

/* Põe no ar, num só envio, as próximas mensagens de um falante. */
static void speak(int speaker, int count)
{
    char text[TEXT], data[WINDOW * (TEXT + 32)];
    size_t size = 0, length = TEXT - 1;
    memset(text, 'x', sizeof text);
    char *tail = text + length - TAIL;
    *tail = '~';
    put_letters(tail + 1, SPEAKER, speaker);
    put_letters(tail + 1 + SPEAKER + NUMBER, CLOCK, now());
    while (count--) {
        put_letters(tail + 1 + SPEAKER, NUMBER, sent[speaker]++);
        size += frame(data + size, text, length);
    }
    transmit(&clients[speaker], data, size);
}

static uint64_t due(void)
{
    uint64_t messages = 0;
    for (int i = 0; i < speakers; i++)
        messages += sent[i];
    return messages * (readers - !protocol->echoes);
}

/* Espera o que ainda não chegou, enquanto houver progresso. */
static void drain(void)
{
    while (deliveries < due() && now() < last_delivery + GIVE_UP_S * 1000000000ull)
        pump(100);
}

/* Quem entrou sai na hora, e outro entra no lugar; com outro nome, que o primeiro ainda pode estar em uso. */
static void churn(double seconds)
{
    uint64_t start = now(), end = start + seconds * 1e9;
    int stays = 0;
    while (now() < end) {
        for (struct client *c = clients + readers; c < clients + readers + speakers; c++) {
            if (c->name && !c->joined)
                continue;
            if (c->joined) {
                stays++;
                close(c->fd);
            }
            memset(c, 0, sizeof *c);
            open_client(c);
        }
        pump(100);
    }
    printf("{\"stays\": %d, \"seconds\": %f}\n", stays, (now() - start) / 1e9);
}

static void fanout(double seconds)
{
    uint64_t start = last_delivery = now(), cpu = read_clock(CLOCK_PROCESS_CPUTIME_ID);
    while (now() < start + seconds * 1e9) {
        for (int i = 0; i < speakers; i++)
            if (sent[i] - returned[i] < WINDOW)
                speak(i, WINDOW - (sent[i] - returned[i]));
        pump(100);
    }
    drain();
    printf("{\"deliveries\": %lu, \"due\": %lu, \"broken\": %lu, \"seconds\": %f, \"cpu\": %f}\n", deliveries,
           due(), broken, (last_delivery - start) / 1e9, (read_clock(CLOCK_PROCESS_CPUTIME_ID) - cpu) / 1e9);
}

static int compare(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void latency(double seconds)
{
    int messages = seconds * PACE;
    latencies_size = (size_t)messages * readers;
    latencies = calloc(latencies_size + 1, sizeof *latencies);
    uint64_t start = last_delivery = now();
    for (int i = 0; i < messages; i++) {
        int64_t wait;
        while ((wait = start + i * (1000000000ull / PACE) - now()) > 0)
            pump(wait / 1000000 + 1);
        speak(i % speakers, 1);
    }
    drain();
    size_t size = deliveries < latencies_size ? deliveries : latencies_size;
    qsort(latencies, size, sizeof *latencies, compare);
    printf("{\"deliveries\": %lu, \"due\": %lu, \"broken\": %lu, \"p50\": %f, \"p99\": %f}\n", deliveries,
           due(), broken, latencies[size / 2] / 1e3, latencies[size * 99 / 100] / 1e3);
}

int main(int argc, char **argv)
{
    if (argc != 7) {
        fprintf(stderr, "uso: load PROTOCOLO PORTA CENÁRIO LEITORES FALANTES SEGUNDOS\n");
        return 2;
    }
    for (size_t i = 0; i < sizeof PROTOCOLS / sizeof *PROTOCOLS; i++)
        if (!strcmp(argv[1], PROTOCOLS[i].name))
            protocol = &PROTOCOLS[i];
    const char *scenario = argv[3];
    double seconds = atof(argv[6]);
    stalled = !strcmp(scenario, "stall");
    port = atoi(argv[2]);
    readers = atoi(argv[4]);
    speakers = atoi(argv[5]);
    total = readers + stalled;
    if (!protocol || readers < 1 || total > CLIENTS || speakers > readers || speakers > SPEAKERS) {
        fprintf(stderr, "protocolo desconhecido ou números fora dos limites\n");
        return 2;
    }
    clients = calloc(total + speakers, sizeof *clients); /* no cenário churn, os FALANTES são outros */
    epoll_fd = epoll_create1(0);
    if (!strcmp(scenario, "joins")) {
        pause_here();
        printf("{\"seconds\": %f}\n", join_all(protocol->joining));
        pause_here();
        return 0;
    }
    join_all(CALM);
    if (stalled)
        epoll_ctl(epoll_fd, EPOLL_CTL_DEL, clients[total - 1].fd, NULL);
    while (pump(QUIET_MS)) /* espera passarem os avisos das entradas */
        ;
    pause_here();
    if (!strcmp(scenario, "churn"))
        churn(seconds);
    else if (!strcmp(scenario, "latency"))
        latency(seconds);
    else
        fanout(seconds);
    pause_here();
    if (!strcmp(scenario, "growth")) {
        fanout(seconds);
        pause_here();
    }
    return 0;
}
