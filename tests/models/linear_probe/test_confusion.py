"""The matrix as a picture, green on the diagonal and magenta off it, and as a table."""

import csv

import torch

from models.linear_probe import confusion


def test_cells_have_their_colours():
    picture = confusion.draw(torch.tensor([[4, 0], [2, 2]]), ("a", "b"))
    margin = picture.width - 2 * 64 - 1
    at = {
        (r, c): picture.getpixel((margin + c * 64 + 5, margin + r * 64 + 5))
        for r in range(2)
        for c in range(2)
    }
    assert at[0, 0] == (130, 177, 111)
    assert at[0, 1] == (255, 255, 255)
    assert at[1, 0] == (228, 157, 199)
    assert picture.width == picture.height


def test_the_table_is_read_back():
    written = confusion.table(torch.tensor([[4, 0], [2, 3]]), ('the "big", old one', "b"))
    header, *rows = csv.reader(written.splitlines())
    assert header == ["true class", 'the "big", old one', "b"]
    assert rows == [['the "big", old one', "4", "0"], ["b", "2", "3"]]
