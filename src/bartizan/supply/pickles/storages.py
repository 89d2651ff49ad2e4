"""Storages of PyTorch by the persistent ids that refer to them.

Source: PyTorch, torch/serialization.py (persistent_id, persistent_load).
"""

from bartizan.supply.pickles.contracts.torch import storage_type
from bartizan.supply.pickles.values import Global, Refused, Storage, is_count


class Storages:
    """What persistent ids of one file refer to."""

    def __init__(self, within: str = "") -> None:
        """Begin with none; `within` comes before each key."""
        self._within = within
        self.known: dict[str, Storage] = {}

    def zipped(self, identifier: object) -> object:
        """Return the storage that a persistent id of a checkpoint in a ZIP refers to.

        Raises:
            Refused: it is none that PyTorch writes.
        """
        match identifier:
            case ("storage", class_, str() as key, str() as location, count) if is_count(count):
                return self.add(class_, key, location, count)
        raise Refused("refers to something that PyTorch does not write")

    def old(self, identifier: object) -> object:
        """Return the storage that a persistent id of an old file refers to.

        Raises:
            Refused: it is none that PyTorch writes.
        """
        match identifier:
            case ("storage", class_, str() as key, str() as location, count, None) if is_count(count):
                return self.add(class_, key, location, count)
            case ("storage", class_, str() as key, str() as location, count, (str(), offset, size)) if (
                is_count(count)
            ):
                found = self.add(class_, key, location, count)
                return self._view(found, offset, size)
            case ("module", Global(contract=None) as class_, str(), str()):
                return class_  # a class whose source was kept beside it; naming it was told
            case _:
                pass
        raise Refused("refers to something that PyTorch does not write")

    def add(self, class_: object, key: str, location: str, count: object) -> Storage:
        """Return the storage of that key, the same each time.

        Raises:
            Refused: the key was that of another before, or there is no such type.
        """
        dtype, width = storage_type(class_)
        number = int(str(count))
        found = Storage(self._within + key, dtype, number, number * width, location)
        if self.known.setdefault(key, found) != found:
            raise Refused("refers to one storage as two different ones")
        return found

    def _view(self, whole: Storage, offset: object, size: object) -> Storage:
        """Return the whole as its own view: other views are of versions before 0.4, and not understood."""
        if offset != 0 or size != whole.count or type(offset) is not int or type(size) is not int:
            raise Refused("refers to a part of a storage, as only versions before 0.4 did")
        return whole
