"""O que um membro diz: uma mensagem, ou um comando, que é uma linha que começa com ``/``.

Cada comando é uma função ``(room, member, argument)``; a primeira linha da docstring é o que
``/ajuda`` mostra. A linha que a função devolve vai só para quem pediu.
"""

import re
import time
import unicodedata
from collections.abc import Callable

from . import protocol
from .apelidos import strip_prefix
from .errors import ApelidoRefused, MessageRefused
from .member import Member
from .room import Room

Command = Callable[[Room, Member, str], str | None]
COMMANDS: dict[str, Command] = {}
_usages: dict[str, str] = {}  # nome do comando -> como se usa

AT_ONCE = 100  # textos que vão juntos à sala: mais numa só carta pesariam em quem lê devagar


# Espaços, e o que não se vê; uma barra, de qualquer dos tipos que um teclado dá; o nome; o resto.
_SPACE, _SLASH = r"[\s\u200b-\u200d\u2060\ufeff]*", r"[/\\／⁄∕]"
_LOOKS_LIKE_COMMAND = re.compile(rf"({_SPACE})({_SLASH})(\s*)(\S*)(\s*)(.*)", re.DOTALL)
# Recuo, a barra a mais e, depois de outras, o que sem elas seria um comando.
_ESCAPED = re.compile(rf"({_SPACE})/(/*({_SLASH}[^/\s].*))", re.DOTALL)
_COULD_BE_NAME = re.compile(r"/[^/.*]*[^\W\d_][^/.*]*")  # com alguma letra, e sem o que há num caminho


class Leave(Exception):
    """O membro tem de sair; a mensagem é o motivo."""


def obey(room: Room, member: Member, lines: list[bytes | None]) -> None:
    """Cumpre o que o membro disse, linha a linha; None é uma que passou do limite.

    O que ele diz seguido vai à sala de uma vez: assim se paga por ida, e não por linha. Levanta
    `Leave` se ele tem de sair.
    """
    texts: list[str] = []
    for line in lines:
        try:
            reply = _take(room, member, line, texts)
        except (MessageRefused, ApelidoRefused) as refusal:
            reply = protocol.notice(str(refusal))
        if reply or len(texts) == AT_ONCE:
            _say(room, member, texts)
        if reply:
            room.answer(member, reply)
    _say(room, member, texts)


def _say(room: Room, member: Member, texts: list[str]) -> None:
    """Leva à sala o que o membro disse até aqui; uma sala sem contato com as outras pode recusá-lo."""
    if not texts:
        return
    try:
        room.say(member, *texts)
    except MessageRefused as refusal:
        room.answer(member, protocol.notice(str(refusal)))
    texts.clear()


def _take(room: Room, member: Member, line: bytes | None, texts: list[str]) -> str | None:
    """Cumpre uma linha, ou a junta a ``texts``; devolve o que responder só a quem a mandou."""
    if member.removed:
        raise Leave(member.reason)
    said = line and strip_prefix(line, (member.apelido, member.entry_apelido))
    if said is not None and not said.strip():
        return None
    if member.rate and said != b"/sair" and not member.rate.allow(time.monotonic()):
        return protocol.too_fast(f"{room.rate:g}") if member.rate.should_warn() else None
    if said is None or len(said) > room.max_text:
        return protocol.too_long(room.max_text)
    text = said.decode("utf-8", "replace")
    if text[0].isalnum():  # quase tudo o que se diz; daqui em diante, começa por algo que pede cuidado
        texts.append(text)
        return None
    if command := meaning(text):
        _say(room, member, texts)
        return run(room, member, *command)
    texts.append(unescaped(text))
    return None


def unescaped(text: str) -> str:
    """O texto sem a barra a mais que o salva de ser um comando: de ``//quem``, fica ``/quem``.

    O que já não seria um comando não precisa dela, e fica como está: um comentário, como ``// isto``.
    """
    match = _ESCAPED.fullmatch(text)
    if not match:
        return text
    space, bare, last = match.groups()
    try:
        is_order = _order(space + last) is not None
    except MessageRefused:
        is_order = True
    return space + bare if is_order or re.match(r"//+\w", text) else text


def meaning(text: str) -> tuple[str, str] | None:
    """O comando que a pessoa quis dar e o argumento dele; None se a linha é só texto.

    Uma particular não pode sair em público por descuido: um espaço antes, uma barra invertida ou
    larga, maiúsculas, tudo isso ainda é um comando. Já um caminho, um comentário de código e o que
    começa com ``//`` são texto. `MessageRefused` se não dá para saber.
    """
    return _order(text) if unescaped(text) == text else None


def _order(text: str) -> tuple[str, str] | None:
    match = _LOOKS_LIKE_COMMAND.match(text)
    if not match:
        return None
    space, slash, gap, name, spaces, argument = match.groups()
    # Depois de um só espaço, o argumento vai como está: pode haver nele uma linha de código recuada.
    argument = argument.rstrip() if len(spaces) < 2 else " ".join(argument.rstrip().split(None, 1))
    name = "/" + unicodedata.normalize("NFKC", name).casefold()
    if name in COMMANDS:
        if gap:
            raise MessageRefused(protocol.gap.bare(name))
        return name, argument
    if not space and slash == "/" and (text == "/" or _COULD_BE_NAME.fullmatch(name)):
        return text.split()[0], argument
    return None


def run(room: Room, member: Member, name: str, argument: str) -> str | None:
    """Executa o comando ``name``; `MessageRefused` se ele não existe."""
    function = COMMANDS.get(name)
    if function is None:
        raise MessageRefused(protocol.unknown.bare(name))
    return function(room, member, argument)


def command(usage: str) -> Callable[[Command], Command]:
    """Registra a função como o comando cujo uso é ``usage``, como em ``/msg APELIDO texto``."""

    def register(function: Command) -> Command:
        name = usage.split()[0]
        COMMANDS[name], _usages[name] = function, usage
        return function

    return register


@command("/ajuda")
def help(room: Room, member: Member, argument: str) -> str:
    """mostra esta lista"""
    return protocol.commands_are("; ".join(f"{_usages[name]} {COMMANDS[name].__doc__}" for name in COMMANDS))


@command("/quem")
def who(room: Room, member: Member, argument: str) -> str:
    """diz quem está na sala"""
    return protocol.present(len(apelidos := room.apelidos), ", ".join(apelidos))


@command("/msg APELIDO texto")
def private(room: Room, member: Member, argument: str) -> None:
    """manda o texto só para uma pessoa"""
    apelido, *text = re.split(r"\s", argument, maxsplit=1)
    if not text:
        raise MessageRefused(protocol.no_text.bare())
    room.whisper(member, apelido.removeprefix("@").rstrip(":,"), text[0])


@command("/apelido NOVO")
def rename(room: Room, member: Member, argument: str) -> None:
    """troca o seu apelido"""
    room.rename(member, argument)


@command("/sair")
def leave(room: Room, member: Member, argument: str) -> None:
    """sai da sala"""
    raise Leave("pediu para sair")
