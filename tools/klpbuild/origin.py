# SPDX-License-Identifier: GPL-2.0-or-later
"""origin - the code for which a patch was made, as entries of .modinfo that the kernel compares with the running code (livepatch/origin.c).

    klp_text=OBJECT NAME,POSITION SIZE SHA256 [OFFSET:WIDTH ...]     a function that it replaces
    klp_base=OBJECT SHA256                                           the file of a module that it was compiled against
    klp_after=NAME SHA256                                            the patch that it was made on top of

The digest of a function is that of its bytes in memory; the entry slot and the places that the module loader fills count as
zero. In the kernel, which is linked, the loader fills no places. The digest of a file is the one at its end (tools/moduleseal.py).
"""

import hashlib
import os

import elf
import moduleseal
from klpbuild.bind import KERNEL, KernelImage, ModuleImage

SLOT_SIZE = 5


def text_entry(image, name, position):
    """The entry of one function of an image, or None if the name is not unique (or has no such position)."""
    symbol = image.function_at(name, position)
    if symbol is None:
        return None
    data, places = bytearray(image.text(symbol)), image.filled_places(symbol)
    for offset, width in [(0, min(SLOT_SIZE, len(data)))] + places:
        data[offset:offset + width] = bytes(width)
    words = [f"{image.name} {name},{position}", str(len(data)), hashlib.sha256(data).hexdigest()]
    return " ".join(words + [f"{offset:x}:{width}" for offset, width in places])


def module_name(path):
    """The name of a module, from its file."""
    image = elf.Elf(path)
    info = image.section(".modinfo")
    name = next((e[5:].decode() for e in (image.bytes(info).split(b"\0") if info else []) if e.startswith(b"name=")), None)
    if name is None:
        raise elf.ElfError(f"{path}: is no module")
    return name


class Origin:
    """build: of the kernel. targets: files of modules that the patch is for; after: the file of its predecessor."""

    def __init__(self, build, targets=(), after=None):
        self.build, self.after = build, after
        self.targets = {module_name(path): path for path in targets}
        self.images = {}

    def image(self, name):
        """The kernel or a target, or None for an unknown module."""
        if name not in self.images:
            if name == KERNEL:
                self.images[name] = KernelImage(os.path.join(self.build, "neurath.elf"))
            else:
                self.images[name] = ModuleImage(self.targets[name], name) if name in self.targets else None
        return self.images[name]

    def entries(self, functions):
        """[(key, value)] for a patch of these functions: (object, name, position)."""
        for target, name, position in functions:
            image = self.image(target)
            entry = text_entry(image, name, position) if image else None
            if entry:
                yield "klp_text", entry
        for name, path in self.targets.items():
            yield "klp_base", f"{name} {moduleseal.digest(path).hex()}"
        if self.after:
            yield "klp_after", f"{module_name(self.after)} {moduleseal.digest(self.after).hex()}"
