"""The models of a study's analyses: displays, analyses and figures."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from adam.analysis.method import MethodField
from adam.figures.plot import PlotField
from trialkit.model import Model
from trialkit.rule import Condition
from trialkit.steps import ColumnNames

Id = Annotated[str, Field(pattern=r"^[A-Za-z][A-Za-z0-9.-]{0,39}$")]


class _Selected(Model):
    dataset: str = Field(description="the analysis dataset")
    where: Condition | None = Field(None, description="which records; default: all")


class Analysis(_Selected):
    """One analysis: which records, by which method, and why."""

    id: Id = Field(description="identifier, such as AR-1.1")
    title: str = Field(description="what it is about")
    by: ColumnNames = Field([], description="one set of results for each combination of values")
    method: MethodField = Field(description="the method, by its name, with its keys below")
    population: str = Field("", description="analysis population, such as FASFL")
    estimand: str = Field("", description="what is estimated, and how intercurrent events are handled")
    reason: Literal[
        "SPECIFIED IN PROTOCOL", "SPECIFIED IN SAP", "DATA DRIVEN", "REQUESTED BY REGULATORY AGENCY"
    ] = Field("SPECIFIED IN SAP", description="why it was done (ARM 1.0)")
    purpose: Literal[
        "PRIMARY OUTCOME MEASURE", "SECONDARY OUTCOME MEASURE", "EXPLORATORY OUTCOME MEASURE", "SAFETY"
    ] = Field("SECONDARY OUTCOME MEASURE", description="what it is for (ARM 1.0)")
    parameter: str = Field("", description="variable that names the parameter; default: PARAMCD")
    comment: str = Field("", description="what a reader must know")


class Figure(_Selected):
    """One figure: which records, and how they are drawn."""

    id: Id = Field(description="identifier, such as F-1; also the name of its file")
    title: str = Field(description="what it shows")
    plot: PlotField = Field(description="the plot, by its name, with its keys below")
    comment: str = Field("", description="what a reader must know")


class Display(Model):
    """One file of analysis/: a display with its analyses and figures."""

    display: Id = Field(description="identifier of the display, such as T-1")
    title: str = Field(description="its title")
    comment: str = Field("", description="what a reader must know")
    analyses: list[Analysis] = Field(default=[], description="the analyses")
    figures: list[Figure] = Field(default=[], description="the figures")
