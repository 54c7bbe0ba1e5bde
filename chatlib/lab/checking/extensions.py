"""O projeto final: o que a base e cada extensão pedem, linha por linha.

As frases exatas são as do notebook 12; quem fala põe o apelido na frente de tudo, também dos
comandos, como faz `chatlib.Client`.
"""

from base64 import b64decode, b64encode

from .registry import demand, extension

FILE = bytes(range(256)) * 40  # 10 kB, com todos os bytes possíveis
PART = 2400  # bytes do arquivo em cada /parte

extension("base", "O chat das aulas")


@demand(
    "base",
    "pede o apelido e recebe quem chega",
    "NICK, e nada mais até a resposta; depois, entrou! e Conectado",
)
def entry(place):
    ana = place.visitor()
    asked = ana.got(b"NICK") and ana.heard() == b"NICK"
    ana.apelido = "Ana"
    ana.send(b"Ana\n")
    greeted = asked and ana.hears("Ana entrou!", "Conectado ao servidor!")
    place.guest("Bia")
    return greeted and ana.hears("Bia entrou!") and ana.all_lines().count("Conectado ao servidor!") == 1


@demand("base", "repassa a todos, na mesma ordem", "a linha Ana: oi chega igual a todos, Ana inclusive")
def relays(place):
    ana, bia = place.guest("Ana"), place.guest("Bia")
    texts = [f"linha {number}" for number in range(20)]
    for text in texts:
        ana.say(text)
    return all(guest.hears(*(f"Ana: {text}" for text in texts)) for guest in (ana, bia))


@demand(
    "base", "junta linhas em pedaços, com acentos", "um recv pode trazer meia letra: junte bytes até o \\n"
)
def pieces(place):
    ana, joao = place.guest("Ana"), place.guest("João")
    joao.send_slowly("João: olá, não! 🎉\n".encode())
    return ana.hears("João: olá, não! 🎉")


@demand("base", "ninguém fala em nome de outro", "o servidor sabe de quem é a conexão: é ele quem põe o nome")
def identity(place):
    ana, bruno = place.guest("Ana"), place.guest("Bruno")
    bruno.send(b"Ana: eu pago\n")
    bruno.all_lines()
    return ana.hears("Bruno: Ana: eu pago") and "Ana: eu pago" not in ana.lines


@demand(
    "base", "anuncia cada saída uma vez", "um fim educado e uma queda são a mesma coisa: Bia saiu!, uma vez"
)
def departures(place):
    ana, bia, caio = (place.guest(apelido) for apelido in ("Ana", "Bia", "Caio"))
    bia.close()
    left = ana.hears("Bia saiu!")
    caio.reset()
    left = left and ana.hears("Caio saiu!")
    lines = ana.all_lines()
    return left and lines.count("Bia saiu!") == lines.count("Caio saiu!") == 1


@demand("base", "um visitante calado não segura ninguém", "pergunte o apelido na thread de quem chegou")
def silent_visitor(place):
    silent = place.visitor()
    asked = silent.got(b"NICK")
    return asked and place.guest("Ana").all_lines()


@demand("base", "recusa um apelido em uso", "um aviso, que começa com asterisco e espaço, e a conexão acaba")
def taken(place):
    ana, other = place.guest("Ana"), place.visitor()
    if other.got(b"NICK"):
        other.send(b"Ana\n")
    refused = other.hears_notice() and other.ended()
    return refused and ana.all_lines().count("Ana entrou!") == 1


extension("salas", "Salas")


@demand("salas", "/sala confirma a mudança", "a resposta, só a quem pediu: * você está em estudos")
def moves(place):
    ana, bia = place.guest("Ana"), place.guest("Bia")
    ana.say("/sala estudos")
    return ana.hears("* você está em estudos") and "* você está em estudos" not in bia.all_lines()


@demand("salas", "a mensagem não sai da sala", "guarde a sala de cada pessoa e envie só a quem está na mesma")
def stays_in_room(place):
    ana, bia, caio = (place.guest(apelido) for apelido in ("Ana", "Bia", "Caio"))
    for guest in (ana, bia):
        guest.say("/sala estudos")
        guest.hears("* você está em estudos")
    ana.say("segredo")
    inside = ana.hears("Ana: segredo") and bia.hears("Ana: segredo")
    return inside and "Ana: segredo" not in caio.all_lines()


@demand(
    "salas", "as duas salas ficam sabendo", "a que fica: * Bia foi para estudos; a que recebe: * Bia chegou"
)
def both_are_told(place):
    ana, bia, caio = (place.guest(apelido) for apelido in ("Ana", "Bia", "Caio"))
    ana.say("/sala estudos")
    ana.hears("* você está em estudos")
    bia.say("/sala estudos")
    told = ana.hears("* Bia chegou") and caio.hears("* Bia foi para estudos")
    return told and "* Bia chegou" not in caio.all_lines()


@demand("salas", "/salas conta quem está em cada uma", "em ordem alfabética: * salas: estudos (1), geral (2)")
def lists_rooms(place):
    ana, bia, _ = (place.guest(apelido) for apelido in ("Ana", "Bia", "Caio"))
    ana.say("/sala estudos")
    bia.hears("* Ana foi para estudos")
    bia.say("/salas")
    return bia.hears("* salas: estudos (1), geral (2)")


@demand("salas", "uma sala vazia deixa de existir", "conte as pessoas, e não as salas já criadas")
def empty_room(place):
    ana = place.guest("Ana")
    for room in ("estudos", "geral"):
        ana.say(f"/sala {room}")
    ana.say("/salas")
    return ana.hears("* você está em geral", "* salas: geral (1)")


extension("particulares", "Mensagens particulares")


@demand("particulares", "as duas pessoas recebem", "quem manda e quem recebe leem Ana (particular): oi")
def both_read(place):
    ana, bia = place.guest("Ana"), place.guest("Bia")
    ana.say("/msg Bia só para você")
    line = "Ana (particular): só para você"
    return ana.hears(line) and bia.hears(line)


@demand("particulares", "ninguém mais recebe", "mande só a quem deve receber, sem passar por broadcast")
def nobody_else(place):
    ana, bia, caio = (place.guest(apelido) for apelido in ("Ana", "Bia", "Caio"))
    ana.say("/msg Bia segredo")
    heard = ana.hears("Ana (particular): segredo") and bia.hears("Ana (particular): segredo")
    return heard and not any("segredo" in line for line in caio.all_lines())


@demand("particulares", "avisa se a pessoa não está", "um aviso a quem mandou, e a conversa continua")
def absent(place):
    ana, bia = place.guest("Ana"), place.guest("Bia")
    ana.say("/msg Zeca oi")
    told = ana.hears_notice()
    return told and ana.all_lines() and not any(line.startswith("* ") for line in bia.all_lines())


@demand("particulares", "avisa se faltou o texto", "confira se há algo depois do apelido antes de enviar")
def no_text(place):
    ana, bia = place.guest("Ana"), place.guest("Bia")
    bia.all_lines()
    ana.hears("Bia: marca 1")
    ana.say("/msg Bia")
    return ana.hears_notice() and not any("(particular)" in line for line in bia.all_lines())


extension("historico", "Histórico")


def history(guest):
    """O que a pessoa recebeu de histórico, sem o começo da linha."""
    start = "* histórico: "
    return [line.removeprefix(start) for line in guest.all_lines() if line.startswith(start)]


@demand(
    "historico", "quem chega lê o que já foi dito", "cada mensagem guardada, numa linha: * histórico: Ana: oi"
)
def newcomer_reads(place):
    ana = place.guest("Ana")
    ana.say("olá, é cedo")
    ana.hears("Ana: olá, é cedo")
    return place.guest("Bia").hears("* histórico: Ana: olá, é cedo")


@demand("historico", "são só as dez últimas, em ordem", "a mais antiga sai quando a décima primeira chega")
def last_ten(place):
    ana = place.guest("Ana")
    said = [f"linha {number}" for number in range(12)]
    for text in said:
        ana.say(text)
    ana.hears("Ana: linha 11")
    return history(place.guest("Bia")) == [f"Ana: {text}" for text in said[2:]]


@demand(
    "historico",
    "vem logo depois do cumprimento",
    "primeiro Conectado, depois o histórico, depois o que é novo",
)
def in_its_place(place):
    ana = place.guest("Ana")
    ana.say("antes")
    ana.hears("Ana: antes")
    bia = place.guest("Bia")
    ana.say("depois")
    return bia.hears("* histórico: Ana: antes", "Ana: depois")


@demand("historico", "guarda só o que as pessoas disseram", "entradas, saídas e avisos não são mensagens")
def only_messages(place):
    ana, bia = place.guest("Ana"), place.guest("Bia")
    ana.say("uma só")
    bia.hears("Ana: uma só")
    bia.close()
    ana.hears("Bia saiu!")
    return history(place.guest("Caio")) == ["Ana: uma só"]


@demand("historico", "só quem chega recebe", "quem já estava na sala não precisa ler de novo")
def only_newcomers(place):
    ana = place.guest("Ana")
    ana.say("oi")
    ana.hears("Ana: oi")
    bia = place.guest("Bia")
    return history(bia) == ["Ana: oi"] and history(ana) == []


extension("arquivos", "Transferência de arquivos")


def send_file(guest, data, size):
    """Oferece foto.bin a Bia, anunciando ``size`` bytes, e manda ``data`` em partes."""
    guest.say(f"/arquivo Bia foto.bin {size}")
    for start in range(0, len(data), PART):
        guest.say(f"/parte {b64encode(data[start : start + PART]).decode()}")


def parts(guest):
    """O que a pessoa recebeu em partes, já em bytes."""
    start = "* parte: "
    return b"".join(b64decode(line.removeprefix(start)) for line in guest.lines if line.startswith(start))


@demand("arquivos", "anuncia o arquivo a quem vai receber", "só a Bia: * arquivo de Ana: foto.bin 3")
def announces(place):
    ana, bia = place.guest("Ana"), place.guest("Bia")
    send_file(ana, b"", 3)
    return bia.hears("* arquivo de Ana: foto.bin 3")


@demand(
    "arquivos",
    "os bytes chegam iguais",
    "repasse cada parte como veio e conte os bytes até o tamanho anunciado",
)
def same_bytes(place):
    ana, bia = place.guest("Ana"), place.guest("Bia")
    send_file(ana, FILE, len(FILE))
    done = "* arquivo completo: foto.bin"
    return ana.hears(done) and bia.hears(done) and parts(bia) == FILE


@demand("arquivos", "ninguém mais recebe", "o anúncio e as partes vão a uma pessoa só")
def no_copy(place):
    ana, bia, caio = (place.guest(apelido) for apelido in ("Ana", "Bia", "Caio"))
    send_file(ana, b"abc", 3)
    done = bia.hears("* arquivo completo: foto.bin")
    return done and not any(line.startswith("* ") for line in caio.all_lines())


@demand(
    "arquivos", "a conversa segue durante o envio", "entre uma parte e outra, uma mensagem é uma mensagem"
)
def talk_goes_on(place):
    ana, bia, caio = (place.guest(apelido) for apelido in ("Ana", "Bia", "Caio"))
    send_file(ana, b"abc", 6)
    ana.say("já vai")
    ana.say(f"/parte {b64encode(b'def').decode()}")
    return caio.hears("Ana: já vai") and bia.hears("* arquivo completo: foto.bin") and parts(bia) == b"abcdef"


@demand("arquivos", "avisa se a pessoa não está", "confira quem vai receber antes de anunciar")
def nobody_to_receive(place):
    ana = place.guest("Ana")
    ana.say("/arquivo Zeca foto.bin 3")
    return ana.hears_notice() and ana.all_lines()


@demand(
    "arquivos",
    "cancela o que passa do anunciado",
    "mais bytes que o tamanho: * arquivo cancelado: foto.bin, aos dois",
)
def too_much(place):
    ana, bia = place.guest("Ana"), place.guest("Bia")
    send_file(ana, b"abcdef", 3)
    over = "* arquivo cancelado: foto.bin"
    return ana.hears(over) and bia.hears(over) and "* arquivo completo: foto.bin" not in bia.lines


@demand(
    "arquivos", "cancela o que não é base64", "decodifique cada parte: b64decode com validate=True reclama"
)
def not_base64(place):
    ana, bia = place.guest("Ana"), place.guest("Bia")
    send_file(ana, b"", 3)
    ana.say("/parte @@@@")
    over = "* arquivo cancelado: foto.bin"
    return ana.hears(over) and bia.hears(over)


extension("moderacao", "Moderação")


def moderated(place):
    """Ana, que modera, Bia e Caio."""
    return [place.guest(apelido) for apelido in ("Ana", "Bia", "Caio")]


@demand("moderacao", "a primeira pessoa modera", "só a ela, depois do cumprimento: * você modera a sala")
def first_moderates(place):
    ana, bia, _ = moderated(place)
    return ana.hears("* você modera a sala") and "* você modera a sala" not in bia.all_lines()


@demand(
    "moderacao", "quem foi calado não é ouvido", "a todos, * Ana calou Bia; e só a Bia, * você não pode falar"
)
def muted(place):
    ana, bia, caio = moderated(place)
    ana.say("/calar Bia")
    told = bia.hears("* Ana calou Bia") and caio.hears("* Ana calou Bia")
    bia.say("mas eu")
    told = told and bia.hears("* você não pode falar")
    return told and not {"Bia: mas eu", "* você não pode falar"} & set(caio.all_lines())


@demand("moderacao", "/soltar devolve a palavra", "a todos, * Ana soltou Bia; e o que ela diz volta a passar")
def unmuted(place):
    ana, bia, caio = moderated(place)
    for command in ("/calar Bia", "/soltar Bia"):
        ana.say(command)
    told = bia.hears("* Ana calou Bia", "* Ana soltou Bia")
    bia.say("obrigada")
    return told and caio.hears("* Ana soltou Bia", "Bia: obrigada")


@demand(
    "moderacao", "/expulsar encerra a conexão", "a todos, * Ana expulsou Bia; a conexão acaba, e Bia saiu!"
)
def expelled(place):
    ana, bia, caio = moderated(place)
    ana.say("/expulsar Bia")
    told = bia.hears("* Ana expulsou Bia") and bia.ended()
    return told and caio.hears("* Ana expulsou Bia", "Bia saiu!")


@demand("moderacao", "só quem modera manda", "a quem não modera: * só quem modera pode fazer isso")
def only_the_moderator(place):
    ana, bia, caio = moderated(place)
    for command in ("/calar Caio", "/expulsar Caio"):
        bia.say(command)
        if not bia.hears("* só quem modera pode fazer isso"):
            return False
    caio.say("ainda aqui")
    return ana.hears("Caio: ainda aqui")
