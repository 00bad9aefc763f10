"""Ratios paired within a round, with their spread, as Markdown."""

from statistics import median


class Report:
    def __init__(self):
        self.goals, self.figures, self.memory = [], [], {}

    def goal(self, run, measured, goal, holds, unit=""):
        """`measured`: one value a round. `holds` decides over their median."""
        middle = median(measured)
        spread = f"{middle:.2f}{unit} ({min(measured):.2f} to {max(measured):.2f})"
        self.goals.append((run, goal, spread, "yes" if holds(middle) else "no"))

    def figure(self, run, samples, items=None):
        """What a run took, absolutely: to be compared with nothing but what stands beside it."""
        wall, cpu = (median(getattr(sample, part) for sample in samples) for part in ("wall", "cpu"))
        rate = f"{items / wall:,.0f}" if items else ""
        memory = f"{max(sample.anonymous for sample in samples):.0f}"
        self.figures.append((run, f"{wall:.3f}", f"{cpu:.3f}", rate, memory))

    def remember_memory(self, run, size, samples):
        self.memory.setdefault(run, {})[size] = max(sample.anonymous for sample in samples)

    def memory_goals(self, smaller, larger):
        for run, peaks in self.memory.items():
            if smaller in peaks and larger in peaks:
                low, high = peaks[smaller], peaks[larger]
                apart = max(low, high) / max(min(low, high), 0.01)
                holds = max(low, high) < 96 and apart <= 1.25
                self.goals.append((
                    f"anonymous memory, {run}",
                    "under 96 MiB, within 25 % of each other",
                    f"{low:.0f} MiB at {smaller:,}, {high:.0f} MiB at {larger:,}",
                    "yes" if holds else "no",
                ))

    def markdown(self):
        yield "| run | goal | measured: median (least to most) | met |"
        yield "|---|---|---|---|"
        yield from (f"| {' | '.join(row)} |" for row in self.goals)
        yield ""
        yield "| run | seconds | processor seconds | items a second | anonymous MiB |"
        yield "|---|---|---|---|---|"
        yield from (f"| {' | '.join(row)} |" for row in self.figures)


def ratios(dividends, divisors):
    """Of the seconds of two commands, round by round."""
    return [above.wall / below.wall for above, below in zip(dividends, divisors, strict=True)]
