from html import escape


def show_line(message, apelido):
    author, colon, text = message.partition(": ")
    if message.startswith("* ") or not colon:
        return f'<div class="notice">{escape(message)}</div>'
    kind = "mine" if author == apelido else "other"
    return f'<div class="{kind}"><b>{escape(author)}</b>: {escape(text)}</div>'
