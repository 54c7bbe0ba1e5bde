"""Com programas de outros: escritos segundo a apostila, netcat e sockets à mão."""

import shutil
import subprocess

import pytest
from peers import DEADLINE, TutorialClient, TutorialServer, run_server, tls_wire

from chatlib import Client


def test_tutorial_client_in_our_server(server, room):
    """Um cliente da apostila conversa, e é ouvido, em nosso servidor."""
    ana, _ = room
    with TutorialClient(server.address, "Rui") as rui:
        rui.wait_for("Conectado ao servidor!\n")
        rui.write("oi")
        assert ana.lines(2) == ["Rui entrou!", "Rui: oi"]
        ana.say("ola, Rui")
        rui.wait_for("Rui entrou!\nConectado ao servidor!\nRui: oi\nAna: ola, Rui\n")
        rui.write("/quem")
        rui.wait_for("* na sala (3): Ana, Bia, Rui\n")
    assert ana.until("saiu")[-1] == "Rui saiu!"


def test_tutorial_client_is_never_asked_again(server, room):
    """Uma mensagem que é exatamente NICK não faz o cliente da apostila responder."""
    ana, bia = room
    with TutorialClient(server.address, "Rui") as rui:
        rui.wait_for("Conectado")
        ana.say("NICK", "/msg Rui NICK", "fim")
        rui.wait_for("Ana: NICK\nAna (particular): NICK\nAna: fim\n")
    assert bia.until("Rui saiu!") == ["Rui entrou!", "Ana: NICK", "Ana: fim", "Rui saiu!"]


def test_two_tutorial_clients(server):
    """Dois clientes da apostila se falam por nosso servidor."""
    with TutorialClient(server.address, "Rui") as rui, TutorialClient(server.address, "Eva") as eva:
        for peer in (rui, eva):
            peer.wait_for("Conectado")
        rui.write("oi, Eva")
        eva.wait_for("Rui: oi, Eva\n")
        eva.write("oi, Rui")
        rui.wait_for("Eva: oi, Rui\n")


def test_our_client_in_a_tutorial_server():
    """Nosso cliente conversa num servidor da apostila, e mostra o que chega sem ``\\n``."""
    with TutorialServer() as server, Client("Ana", *server.address) as ana:
        assert ana.receive() == "Ana entrou!Conectado ao servidor!"  # colados, como o TCP os trouxe
        ana.write("oi")
        assert ana.receive() == "Ana: oi"
        with TutorialClient(server.address, "Rui") as rui:
            assert ana.receive() == "Rui entrou!"
            rui.wait_for("Conectado")
            rui.write("oi, Ana")
            assert ana.receive() == "Rui: oi, Ana"
            ana.write("um\ndois")
            rui.wait_for("Ana: um\nAna: dois\n")


def test_two_of_our_clients_in_a_tutorial_server():
    """Dois clientes nossos se falam num servidor que não sabe o que é uma linha."""
    with TutorialServer() as server, Client("Ana", *server.address) as ana:
        ana.wait_for("Conectado")
        with Client("Bia", *server.address) as bia:
            bia.wait_for("Conectado")
            bia.write("oi")
            assert all(peer.wait_for("Bia: oi") for peer in (ana, bia))
            bia.leave()  # ali não existe /sair: não faz nada
            ana.write("fim")
            assert bia.receive() == "Ana: fim"


@pytest.mark.skipif(not shutil.which("nc"), reason="não há netcat aqui")
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_netcat(server, room, end):
    """Com netcat também se conversa, com as duas formas de terminar a linha."""
    command = ["nc", *map(str, server.address)]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as nc:
        try:
            nc.stdin.write(f"João{end}olá{end}/msg ana psiu{end}/sair{end}".encode())
            nc.stdin.flush()
            assert room[0].until("saiu") == [
                "João entrou!",
                "João: olá",
                "João (particular): psiu",
                "João saiu!",
            ]
            nc.stdin.close()
            said = nc.stdout.read().decode()
        finally:
            nc.kill()
            nc.wait(DEADLINE)
    assert said == "NICKJoão entrou!\nConectado ao servidor!\nJoão: olá\nJoão (particular): psiu\n"


@pytest.mark.skipif(not shutil.which("nc"), reason="não há netcat aqui")
def test_netcat_with_a_password():
    """Por netcat se responde à senha à mão, como ao apelido."""
    with run_server(password="segredo") as server:
        command = ["nc", *map(str, server.address)]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as nc:
            for question, answer in [(b"NICK", b"Jo\xc3\xa3o\n"), (b"SENHA", b"segredo\n")]:
                assert nc.stdout.read(len(question)) == question
                nc.stdin.write(answer)
                nc.stdin.flush()
            assert nc.stdout.readline().decode() == "João entrou!\n"
            nc.stdin.write(b"/sair\n")
            nc.stdin.close()
            assert nc.stdout.read().decode() == "Conectado ao servidor!\n"


@pytest.mark.skipif(not shutil.which("openssl"), reason="não há openssl aqui")
def test_openssl_as_a_netcat_with_tls():
    """O ``openssl s_client`` é o netcat de uma sala com TLS."""
    folder = tls_wire().folder
    with run_server(tls=folder) as server:
        host, port = server.address
        command = ["openssl", "s_client", "-quiet", "-verify_return_error", "-CAfile", f"{folder}/ca.pem"]
        process = subprocess.Popen(
            [*command, "-connect", f"{host}:{port}"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
        )
        with process as client:
            assert client.stdout.read(4) == b"NICK"
            client.stdin.write("João\nolá\n/sair\n".encode())
            client.stdin.flush()
            said = client.stdout.read().decode()
        assert said == "João entrou!\nConectado ao servidor!\nJoão: olá\n"


def test_tutorial_client_survives_accents(join):
    """Quem só lê ASCII recebe as letras sem acento: nada do que a sala diz o derruba."""
    with run_server(history=10) as server:
        ana = join("Ana", at=server)
        ana.say("não é só açaí 🎉", "/apelido Conceição")
        ana.until("agora é")
        with TutorialClient(server.address, "Rui") as rui:
            rui.wait_for("* historico: Ana: nao e so acai ?\n")
            ana.say("olá", "/msg Rui até já", "/apelido João")
            rui.wait_for("Conceicao: ola\nConceicao (particular): ate ja\n* Conceicao agora e Joao\n")
            for text, answer in (
                ("/ajuda", "* comandos: /ajuda mostra esta lista"),
                ("/dancar", "* nao conheco /dancar"),
                ("x" * 5000, "* mensagem longa demais"),
                ("/msg Zeca oi", "* Zeca nao esta na sala"),
                ("/apelido Joao_", "* Rui agora e Joao_"),
            ):
                rui.write(text)
                rui.wait_for(answer)
            server.room.announce("atenção")
            rui.wait_for("* atencao\n")
            server.room.remove("Joao_")
            rui.wait_for("* quem cuida da sala tirou voce dela\n")
    assert ana.until("* o servidor foi encerrado")


@pytest.mark.parametrize("apelido", ["Ana", "a b", "x" * 30])
def test_tutorial_client_refused_without_accents(room, server, apelido):
    """A recusa também chega inteira a quem só lê ASCII."""
    with TutorialClient(server.address, apelido) as other:
        other.wait_for("* apelido recusado: ")
        other.thread.join(DEADLINE)
    assert not other.thread.is_alive() and other.printed[-1].isascii()


def test_unframed_program_that_uses_accents_reads_them(room, join):
    """Quem não termina as linhas mas manda acentos mostra que os lê: recebe tudo como foi dito."""
    ana, _ = room
    rui, joao = join("Rui", end=""), join("João", end="")
    ana.say("maçã")
    assert rui.until("Ana: ")[-1] == "Ana: maca" and joao.until("Ana: ")[-1] == "Ana: maçã"
    rui.send("é")
    assert rui.line() == "Rui: é"
