"""What tests look for in a figure that was drawn."""

from matplotlib.text import Text


def whole(drawn):
    """The figure of axes, or the figure itself."""
    return drawn.figure if hasattr(drawn, "xaxis") else drawn


def words(drawn):
    """All words of a figure."""
    figure = whole(drawn)
    figure.draw_without_rendering()
    return " | ".join(text.get_text() for text in figure.findobj(Text))


def unlabelled(figure):
    """Axes that show numbers and do not say of what."""
    figure.draw_without_rendering()
    missing = []
    for ax in figure.axes:
        for axis in (getattr(ax, name) for name in ("xaxis", "yaxis", "zaxis") if hasattr(ax, name) and ax.axison):
            labels = [label for tick in axis.get_major_ticks() for label in (tick.label1, tick.label2)]
            numbers = [label for label in labels if label.get_visible() and any(map(str.isdigit, label.get_text()))]
            if numbers and not axis.get_label_text():
                missing.append(axis)
    return missing


def pale(drawn):
    """Pale bands of a figure."""
    return [area for ax in whole(drawn).axes for area in ax.collections if area.get_alpha() == 0.12]


def filled(ax):
    """Filled contours of a plane."""
    return next(c for c in ax.collections if getattr(c, "filled", False))
