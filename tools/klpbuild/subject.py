# SPDX-License-Identifier: GPL-2.0-or-later
"""subject - the object that is patched: the kernel, or one module. Each has its sources, its compiler flags, and its image."""

import importlib.machinery
import importlib.util
import os

from klpbuild import Refused, bind, compile


class Kernel:
    prefix = ""         # the prefix of the diff's paths in the overlay

    def __init__(self, options, top):
        self.options, self.top = options, top
        self.image = bind.KernelImage(os.path.join(options.build, "neurath.elf"))

    def compiler(self):
        return compile.Compiler(self.options.build, "flags.COMPILE_FLAGS", quiet=self.options.json)

    def sources(self, edit):
        return compile.dependents(self.options.build, edit.files)

    def add_to(self, overlay):
        """The overlay has the kernel's sources already."""


class Module:
    """SRC as for `make module`. The folder of a module outside of the tree is `module/` in the overlay, and the
    paths of the diff start there."""

    def __init__(self, options, top):
        self.options, self.top = options, top
        source = os.path.abspath(options.module)
        tool = module_tool(top)
        try:
            modules, self.flags = tool.planned_modules([source], None)
        except (tool.BuildError, OSError) as error:
            raise Refused(f"{options.module}: {error}") from None
        if len(modules) != 1:
            raise Refused(f"{options.module}: builds {len(modules)} modules: name one source, or a folder with one module")
        (stem, self.paths), = modules.items()
        self.name = stem.replace("-", "_")
        self.home = source if os.path.isdir(source) else os.path.dirname(source)
        inside = os.path.commonpath([top, self.home]) == top
        self.prefix = "" if inside else "module/"
        self.root = top if inside else self.home
        image = options.module_image or os.path.join(options.build, "modules", stem + ".ko")
        if not os.path.exists(image):
            raise Refused(f"{image}: no such file: build the module first, or name its file with --module-image")
        self.image = bind.ModuleImage(image, self.name)
        kernel = bind.elf.Elf(os.path.join(options.build, "neurath.elf")).build_id()
        if self.image.build_id != kernel:
            raise Refused(f"{image}: was built for another kernel than the one in {options.build}: build it again")

    def compiler(self):
        names = [f'-DKBUILD_MODNAME="{self.name}"', f'-DKBUILD_BASENAME="{self.name}"']
        return compile.Compiler(self.options.build, "flags.MODULE_FLAGS", names + self.flags, quiet=self.options.json)

    def sources(self, edit):
        """All of them: a module is small."""
        return [self.prefix + os.path.relpath(path, self.root) for path in self.paths]

    def add_to(self, overlay):
        if self.prefix:
            overlay.link_files(self.home, self.prefix)


def module_tool(top):
    """tools/module, which has no suffix, as a Python module."""
    loader = importlib.machinery.SourceFileLoader("module_tool", os.path.join(top, "tools", "module"))
    loaded = importlib.util.module_from_spec(importlib.util.spec_from_loader("module_tool", loader))
    loader.exec_module(loaded)
    return loaded
