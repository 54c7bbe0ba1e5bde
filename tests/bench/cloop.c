/* O limite físico: o mesmo chat num laço epoll em C, numa thread só.
 *
 *   cloop
 *
 * Escuta em 127.0.0.1, numa porta livre, e escreve "127.0.0.1:PORTA" na primeira linha.
 *
 * A cada volta junta tudo o que chegou e faz um send por membro: quanto mais cheia a sala, menos
 * chamadas por mensagem. Não confere apelidos nem limpa os textos; existe só para dizer quanto o
 * núcleo do sistema permite. Como o chatlib, corta quem acumula mais que LATE bytes sem ler.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { LINE = 4096, LATE = 1 << 20, CHUNK = 1 << 16, MEMBERS = 8192, EVENTS = 1024, NICKNAME = 24 };

struct buffer {
    char *data;
    size_t size, room;
};

struct member {
    int fd, gone, newcomer;
    size_t kept;
    char rest[LINE];
    char nickname[NICKNAME]; /* vazio: ainda não respondeu NICK */
    struct buffer late;      /* o que o núcleo ainda não aceitou */
};

static int epoll_fd, count;
static struct member *members[MEMBERS];
static struct buffer batch; /* o que todos recebem nesta volta */

static void append(struct buffer *b, const char *data, size_t size)
{
    if (b->size + size > b->room) {
        b->room = 2 * (b->size + size);
        if (!(b->data = realloc(b->data, b->room)))
            abort();
    }
    memcpy(b->data + b->size, data, size);
    b->size += size;
}

static void watch(struct member *m, int operation, int events)
{
    epoll_ctl(epoll_fd, operation, m->fd, &(struct epoll_event){events, {.ptr = m}});
}

/* Devolve quantos bytes o núcleo aceitou. */
static size_t try_send(struct member *m, const char *data, size_t size)
{
    ssize_t taken = send(m->fd, data, size, MSG_DONTWAIT | MSG_NOSIGNAL);
    if (taken < 0 && errno != EAGAIN)
        m->gone = 1;
    return taken < 0 ? 0 : taken;
}

static void send_to(struct member *m, const char *data, size_t size)
{
    size_t taken = m->late.size ? 0 : try_send(m, data, size); /* atrasado: mantém a ordem */
    if (m->gone || taken == size)
        return;
    if (!m->late.size)
        watch(m, EPOLL_CTL_MOD, EPOLLIN | EPOLLOUT);
    append(&m->late, data + taken, size - taken);
    m->gone = m->late.size > LATE;
}

static void send_late(struct member *m)
{
    size_t taken = try_send(m, m->late.data, m->late.size);
    m->late.size -= taken;
    memmove(m->late.data, m->late.data + taken, m->late.size);
    if (!m->late.size)
        watch(m, EPOLL_CTL_MOD, EPOLLIN);
}

static void say(const struct member *m, const char *between, const char *text, size_t size)
{
    append(&batch, m->nickname, strlen(m->nickname));
    append(&batch, between, strlen(between));
    append(&batch, text, size);
    append(&batch, "\n", 1);
}

static void take_line(struct member *m, const char *line, size_t size)
{
    if (*m->nickname) {
        say(m, ": ", line, size);
        return;
    }
    snprintf(m->nickname, NICKNAME, "%.*s", (int)size, line);
    m->newcomer = 1;
    say(m, " entrou!", "", 0);
}

static void read_member(struct member *m)
{
    static char data[LINE + CHUNK];
    memcpy(data, m->rest, m->kept);
    ssize_t got = recv(m->fd, data + m->kept, CHUNK, MSG_DONTWAIT);
    if (got <= 0) {
        m->gone |= got == 0 || errno != EAGAIN;
        return;
    }
    char *at = data, *end = data + m->kept + got, *newline;
    for (; (newline = memchr(at, '\n', end - at)); at = newline + 1)
        take_line(m, at, newline - at);
    m->kept = end - at;
    if (m->kept > LINE) {
        m->kept = 0;
        m->gone = 1;
    }
    memcpy(m->rest, at, m->kept);
}

static void accept_waiting(int listener)
{
    int fd;
    while (count < MEMBERS && (fd = accept(listener, NULL, NULL)) >= 0) {
        struct member *m = members[count++] = calloc(1, sizeof *m);
        m->fd = fd;
        setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &(int){1}, sizeof(int));
        watch(m, EPOLL_CTL_ADD, EPOLLIN);
        send_to(m, "NICK", 4);
    }
}

static void deliver(void)
{
    static const char welcome[] = "Conectado ao servidor!\n";
    for (int i = 0; i < count; i++) {
        struct member *m = members[i];
        if (!*m->nickname)
            continue;
        send_to(m, batch.data, batch.size);
        if (m->newcomer)
            send_to(m, welcome, sizeof welcome - 1);
        m->newcomer = 0;
    }
    batch.size = 0;
}

static void remove_gone(void)
{
    for (int i = count - 1; i >= 0; i--) {
        struct member *m = members[i];
        if (!m->gone)
            continue;
        members[i] = members[--count];
        close(m->fd);
        if (*m->nickname)
            say(m, " saiu!", "", 0);
        free(m->late.data);
        free(m);
    }
}

int main(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    struct epoll_event events[EVENTS];
    socklen_t size = sizeof address;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    int listener = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
    if (bind(listener, (struct sockaddr *)&address, size) || listen(listener, 1024) ||
        getsockname(listener, (struct sockaddr *)&address, &size)) {
        perror("o servidor não pôde escutar");
        return 1;
    }
    epoll_fd = epoll_create1(0);
    epoll_ctl(epoll_fd, EPOLL_CTL_ADD, listener, &(struct epoll_event){EPOLLIN, {.ptr = NULL}});
    printf("127.0.0.1:%d\n", ntohs(address.sin_port));
    fflush(stdout);
    for (;;) {
        int ready = epoll_wait(epoll_fd, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            struct member *m = events[i].data.ptr;
            if (!m) {
                accept_waiting(listener);
                continue;
            }
            if (events[i].events & EPOLLOUT)
                send_late(m);
            if (events[i].events & ~EPOLLOUT)
                read_member(m);
        }
        for (remove_gone(); batch.size; remove_gone()) /* cada despedida também é entregue */
            deliver();
    }
}
