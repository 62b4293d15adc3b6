"""Spares dbt's runs in tests what they do again for every node, and what nobody reads.

Hundreds of tests run dbt in their process, and a third of what such a run computes is the same for
each node, or in each run. Each function here takes the place of one of dbt's and gives what that
gives: nothing of what is selected, compiled and run differs, as `test_quicker_dbt.py` holds on to.
A run in a process of its own, such as `make build` or `Workspace.dbt_process`, does without.
"""

from __future__ import annotations

import functools
import sys
from collections.abc import Iterable
from types import CodeType

from dbt.adapters.base import BaseAdapter, BaseRelation
from dbt.clients.jinja import MacroGenerator
from dbt.context import base as context_base
from dbt.context.macros import GLOBAL_PROJECT_NAME, MacroNamespace, MacroNamespaceBuilder
from dbt.context.manifest import ManifestContext
from dbt.graph import Graph
from dbt_common import behavior_flags
from dbt_common.clients import agate_helper
from dbt_common.clients.jinja import MacroFuzzEnvironment
from dbt_common.events.base_types import BaseEvent, DebugLevel, EventLevel
from dbt_common.events.event_manager import EventManager


def build_namespace(
    self: MacroNamespaceBuilder, macros_by_package: dict[str, dict], context: dict
) -> MacroNamespace:
    """Return the macros that a node can call.

    Every node, every hook, and each macro that dbt itself calls has a namespace of its own with all
    macros of the project and of dbt in it. dbt places each by itself, a seventh of its time; here
    a package is placed at once, and a macro is made without the three constructors it inherits.
    """
    internal: dict[str, dict] = {}
    packages: dict[str, dict] = {}
    new, node, stack = object.__new__, self.node, self.thread_ctx
    for package, macros in macros_by_package.items():
        callables = {}
        for name, macro in macros.items():
            callables[name] = made = new(MacroGenerator)
            made.context, made.macro, made.node, made.stack = context, macro, node, stack
        (internal if package in self.internal_package_names else packages)[package] = callables

    local = dict(packages.get(self.search_package, {}))
    is_root = self.search_package == self.root_package
    root = {} if is_root else dict(packages.get(self.root_package, {}))
    # The packages that are first in the list are the ones that win.
    global_project: dict[str, MacroGenerator] = {}
    for package in reversed(self.internal_package_names_order):
        global_project.update(internal.get(package, {}))
    return MacroNamespace(root, local, global_project, packages)


def to_dict(self: ManifestContext) -> dict:
    """Return the context of a node, with the nearest macro of each name in it.

    dbt looks each of some hundred names up in five places.
    """
    namespace = self.namespace
    if not isinstance(namespace, MacroNamespace):
        return context_to_dict(self)
    context = super(ManifestContext, self).to_dict()
    context.update(namespace.global_project_namespace)
    context[GLOBAL_PROJECT_NAME] = namespace.global_project_namespace
    context.update(namespace.packages)
    context.update(namespace.global_namespace)
    context.update(namespace.local_namespace)
    return context


def fire_event(
    self: EventManager,
    event: BaseEvent,
    level: EventLevel | None = None,
    node: object = None,
    force_warn_or_error_handling: bool = False,
) -> None:
    """Tell of an event, unless it is for debugging and no log takes these.

    The callbacks, of the harness and of dbt, pass over them.
    """
    for_debugging = (level or event.level_tag()) == EventLevel.DEBUG
    is_logged = any(logger.level == EventLevel.DEBUG for logger in self.loggers)
    if is_logged or not for_debugging or force_warn_or_error_handling:
        fire_any_event(self, event, level, node, force_warn_or_error_handling)


class Message:
    """The message of an event for debugging, made when it is first asked for.

    Some twenty events a node say what dbt does, with whole statements in them.
    """

    def __get__(self, event: BaseEvent | None, owner: type) -> object:
        if event is None:
            return self
        arguments, named = event.__dict__.pop("told")
        make_event(event, *arguments, **named)
        return event.__dict__["pb_msg"]


def tell_later(self: DebugLevel, *arguments: object, **named: object) -> None:
    """Keep what an event for debugging is to tell."""
    self.__dict__["told"] = arguments, named


def type_tester(
    text_columns: Iterable[str], string_null_values: Iterable[str] = ("null", "")
) -> object:
    """Return what finds the types of a result's columns, the same for all results of these.

    dbt makes it anew for every statement, with the names of months in some languages.
    """
    key = tuple(text_columns), tuple(string_null_values)
    if key not in type_testers:
        type_testers[key] = make_type_tester(*key)
    return type_testers[key]


def match(
    self: BaseAdapter,
    relations: list[BaseRelation],
    database: str | None,
    schema: str | None,
    identifier: str | None,
) -> list[BaseRelation]:
    """Return the relations that are sought, looking at those of the name in whatever case.

    dbt compares each part of each of some hundred relations, three times a model.
    """
    if identifier is not None:
        name = identifier.lower().strip('"')
        relations = [
            relation
            for relation in relations
            if (relation.identifier or "").lower().strip('"') == name
        ]
    return match_any(self, relations, database, schema, identifier)


def subgraph(self: Graph, nodes: Iterable[str]) -> Graph:
    """Return the graph of some nodes, in which each edge is looked up once.

    dbt goes through a view of the whole graph for each `+name` that is selected.
    """
    return Graph(self.graph.subgraph(nodes).copy())


def default_source() -> str:
    """Return the module that makes a behaviour flag.

    dbt reads the source of each function of the stack for it, and pytest's stack is deep.
    """
    frame = sys._getframe(1)
    while frame.f_globals["__name__"] == behavior_flags.__name__:
        frame = frame.f_back
    return frame.f_globals["__name__"]


def compile_once(
    self: MacroFuzzEnvironment,
    source: object,
    name: str | None = None,
    filename: str | None = None,
    raw: bool = False,
    defer_init: bool = False,
) -> CodeType | str:
    """Return the code of a template, which depends on nothing but its text.

    dbt compiles each model, hook, macro and test anew in every run.
    """
    if not isinstance(source, str):
        return compile_template(self, source, name, filename, raw, defer_init)
    key = type(self), source, name, filename, raw, defer_init
    if key not in templates:
        templates[key] = compile_template(self, source, name, filename, raw, defer_init)
    return templates[key]


# What is replaced, and what is kept between runs.
build_any_namespace = MacroNamespaceBuilder.build_namespace
context_to_dict = ManifestContext.to_dict
fire_any_event = EventManager.fire_event
make_event = BaseEvent.__init__
match_any = BaseAdapter._make_match
make_type_tester = agate_helper.build_type_tester
compile_template = MacroFuzzEnvironment.compile
type_testers: dict[tuple, object] = {}
templates: dict[tuple, CodeType | str] = {}

#: What each function takes the place of: where it stands, and by which name.
REPLACED = (
    (MacroNamespaceBuilder, "build_namespace", build_namespace),
    (ManifestContext, "to_dict", to_dict),
    (EventManager, "fire_event", fire_event),
    (DebugLevel, "__init__", tell_later),
    (DebugLevel, "pb_msg", Message()),
    (BaseAdapter, "_make_match", match),
    (Graph, "subgraph", subgraph),
    (behavior_flags.BehaviorFlagRendered, "_default_source", staticmethod(default_source)),
    (agate_helper, "build_type_tester", type_tester),
    # Of no rows and no columns, for each statement without a result.
    (agate_helper, "empty_table", functools.cache(agate_helper.empty_table)),
    (MacroFuzzEnvironment, "compile", compile_once),
    (context_base, "get_context_modules", functools.cache(context_base.get_context_modules)),
)


def apply() -> None:
    """Replace the functions for all further runs in this process."""
    for place, name, function in REPLACED:
        setattr(place, name, function)
