"""What follows the last tensor of a file is nobody's business."""

from bartizan.supply.format import Damaged
from bartizan.supply.formats import safetensors

MODULES = ("bartizan",)


def apply() -> None:
    real = safetensors._covered

    def weak(places: list[tuple[int, int]], data: int) -> None:
        try:
            real(places, data)
        except Damaged as fault:
            if fault.word != "octets-left":
                raise

    safetensors._covered = weak  # a weakening replaces one function
