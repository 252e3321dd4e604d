"""A file as the report sees it: results by name, settings, what is missing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from ..errors import StoreError
from ..figures.labels import LOSS, SQUARED_ERROR
from ..landscape.network import ReLUNetwork
from ..study import names
from ..study.config import StudyConfig
from ..study.effective import study_values
from ..study.settings import Settings, from_mapping

if TYPE_CHECKING:
    from ..store.hdf5 import Store


class Reader:
    """Results of a file by name, each loaded once.

    Parameters
    ----------
    store : Store
        The file.

    Attributes
    ----------
    settings : class
        Its settings; their kind is the file's.
    title, subtitle : str
        Head of the page.

    Raises
    ------
    StoreError
        The file holds something else.
    """

    settings: ClassVar[type[Settings]]
    config: Settings
    title: str
    subtitle: str

    def __init__(self, store: Store):
        self.store = store
        self.meta = store.meta
        if self.meta.get("kind") != self.settings.kind:
            raise StoreError(store.path, f"holds no {self.settings.kind}")
        self.present = store.names()
        self._loaded: dict[str, Any] = {}

    def get(self, name: str) -> Any:
        """The result of this name, None when it is not there (yet)."""
        if name not in self.present:
            return None
        if name not in self._loaded:
            self._loaded[name] = self.store.load(name, mmap=True)
        return self._loaded[name]

    @property
    def values(self) -> dict[str, Any]:
        """All settings as they were used: those that were left open with what they came to."""
        return self.config.as_dict()

    @property
    def unfinished(self) -> str:
        """What is missing, empty for a finished study."""
        if self.meta.get("failed"):
            return "; ".join(f"{name} could not be made ({why})" for name, why in self.meta["failed"].items())
        if self.meta["finished"]:
            return ""
        pending = self.store.pending()
        rows = "".join(f"; {name}: {done} of {total} replicas" for name, (done, total) in pending.items())
        return f"{len(self.present)} results are there{rows}"


class StudyReader(Reader):
    """A study of networks."""

    settings = StudyConfig

    def __init__(self, store: Store):
        super().__init__(store)
        self.config: StudyConfig = from_mapping(StudyConfig, self.meta["config"])
        self.title = f"Loss landscape of {self.network_text} on {self.meta['dataset']}"
        self.subtitle = f"The four protocols of arXiv:2407.20724, by spinland {self.meta['version']}. Seed {self.config.seed}."

    @property
    def values(self) -> dict[str, Any]:
        """All settings as they were used."""
        widths = (self.meta["n_inputs"], *self.config.hidden, self.meta["n_outputs"])
        return study_values(self.config, self.meta, ReLUNetwork(widths, self.config.bias).n_params)

    def walks(self, constraint: str, part: str = "walk") -> list[Any]:
        """Walks (or their ruggedness) for all σ that are there."""
        place = names.walk if part == "walk" else names.ruggedness
        found = [self.get(place(constraint, i)) for i in range(len(self.config.sigmas))]
        return [result for result in found if result is not None]

    def of_widths(self, part: str) -> tuple[list[int], list[Any]]:
        """Widths M and their results of this kind, as far as they are there, by increasing width."""
        found = [(m, self.get(names.width(m, part))) for m in sorted(self.config.widths)]
        present = [(m, result) for m, result in found if result is not None]
        return [m for m, _ in present], [result for _, result in present]

    @property
    def is_classification(self) -> bool:
        """Whether accuracies exist."""
        return bool(self.meta["task"] == "classification")

    @property
    def unit(self) -> str:
        """Unit of the loss."""
        return "nats" if self.is_classification else "squared units of the targets"

    @property
    def value_label(self) -> str:
        """Label of the loss on the axes."""
        return LOSS if self.is_classification else SQUARED_ERROR

    @property
    def network_text(self) -> str:
        """The architecture in words."""
        shape = "–".join(map(str, (self.meta["n_inputs"], *self.config.hidden, self.meta["n_outputs"])))
        return f"ReLU networks {shape}"
