"""What stands between the tensors of a file, or behind them, is nobody's business."""

from bartizan.supply.format import Damaged
from bartizan.supply.formats import safetensors

MODULES = ("bartizan",)


def apply() -> None:
    real = safetensors._covered

    def weak(places: list[tuple[int, int]], data: int) -> None:
        try:
            real(places, data)
        except Damaged as fault:
            if fault.word not in {"octets-left", "tensors-apart"}:
                raise

    safetensors._covered = weak  # a weakening replaces one function
