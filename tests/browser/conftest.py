"""O que vale para todos os testes do navegador."""

import pytest
from chat_page import SERVER


@pytest.fixture
def notebook(open_notebook):
    """``notebook(células)``: um notebook com um servidor no ar e essas células, a primeira já rodada."""

    def create(*cells, run=1, **options):
        opened = open_notebook(SERVER, *cells, **options)
        for index in range(run + 1):
            opened.run(index)
        return opened

    return create
