# SPDX-License-Identifier: GPL-2.0-or-later
"""debuginfo - the compiler's information about an object file: places of functions, inlined functions, types.

Reads the text of `readelf --debug-dump` (binutils), which knows every version of DWARF.
"""

import re
import subprocess
from collections import namedtuple

HEAD = re.compile(r"^ <(\d+)><([0-9a-f]+)>: Abbrev Number: (?:0|\d+ \((DW_TAG_\w+)\))")
ATTRIBUTE = re.compile(r"^    <[0-9a-f]+>\s+(DW_AT_\w+)\s*: (?:\((?:indirect|alt|index)[^)]*\): )?(.*)$")
WANTED = {"DW_AT_name", "DW_AT_decl_file", "DW_AT_decl_line", "DW_AT_type", "DW_AT_abstract_origin", "DW_AT_specification",
          "DW_AT_call_line", "DW_AT_call_file", "DW_AT_byte_size", "DW_AT_data_member_location", "DW_AT_upper_bound",
          "DW_AT_bit_size", "DW_AT_data_bit_offset", "DW_AT_const_value", "DW_AT_declaration", "DW_AT_prototyped",
          "DW_AT_low_pc", "DW_AT_inline", "DW_AT_external"}

# One level of inlining: the function, where it is defined, and the line that calls it.
Inlined = namedtuple("Inlined", "name file line call_line")


class Die:
    __slots__ = ("tag", "offset", "parent", "children", "at")

    def __init__(self, tag, offset, parent):
        self.tag, self.offset, self.parent, self.children, self.at = tag, offset, parent, [], {}

    def number(self, name):
        text = self.at.get(name, "").split("\t")[0].split()
        return int(text[0], 0) if text and re.fullmatch(r"-?(0x)?[0-9a-f]+", text[0]) else None


def readelf(option, path, tool):
    return subprocess.run([tool, option, path], check=True, capture_output=True, text=True).stdout


class DebugInfo:
    """plain: types are spelled without typedefs."""

    def __init__(self, path, tool="readelf", plain=False):
        self.plain = plain
        self.dies, self.files, self.roots = {}, {}, []
        self.read_tree(readelf("--debug-dump=info", path, tool))
        self.read_files(readelf("--debug-dump=rawline", path, tool))
        self.functions = {}
        for die in self.dies.values():
            if die.tag == "DW_TAG_subprogram" and "DW_AT_low_pc" in die.at:
                self.functions.setdefault(self.name(die), die)

    def variables(self):
        """{name: (type, place)} of all variables that are defined here; of several of one name, the first."""
        found = {}
        for die in self.dies.values():
            if die.tag == "DW_TAG_variable" and "DW_AT_declaration" not in die.at:
                name = self.name(die)
                kind = self.attribute(die, "DW_AT_type")
                if name and kind:
                    found.setdefault(name, (self.type_name(kind), self.place(die)))
        return found

    def read_tree(self, text):
        path = []
        die = None
        for line in text.splitlines():
            head = HEAD.match(line)
            if head:
                depth = int(head.group(1))
                del path[depth:]
                die = None
                if head.group(3):
                    die = Die(head.group(3), int(head.group(2), 16), path[-1] if path else None)
                    self.dies[die.offset] = die
                    (path[-1].children if path else self.roots).append(die)
                    path.append(die)
                continue
            match = ATTRIBUTE.match(line) if die else None
            if match and match.group(1) in WANTED:
                die.at[match.group(1)] = match.group(2).strip()

    def read_files(self, text):
        folders = {}
        table = None
        for line in text.splitlines():
            if "Directory Table" in line or "File Name Table" in line:
                table = "folders" if "Directory" in line else "files"
                continue
            match = re.match(r"^  (\d+)\t(?:(\d+)\t)?(?:\([^)]*\): )?(.*)$", line)
            if match and table == "folders":
                folders[int(match.group(1))] = match.group(3)
            elif match and table == "files" and match.group(2):
                folder = folders.get(int(match.group(2)), "")
                name = match.group(3) if folder.startswith("/") and "/lib/gcc" not in folder else f"{folder}/{match.group(3)}"
                self.files[int(match.group(1))] = re.sub(r"(?<![^/])(?!\.\./)[^/]+/\.\./", "", name)
            elif not line.strip() and table == "files" and self.files:
                table = None

    def reference(self, die, name):
        match = re.match(r"<(?:alt )?0x([0-9a-f]+)", die.at.get(name, ""))
        return self.dies.get(int(match.group(1), 16)) if match else None

    def origin(self, die):
        """The abstract instance of an inlined or out-of-line copy."""
        return self.reference(die, "DW_AT_abstract_origin") or self.reference(die, "DW_AT_specification") or die

    def attribute(self, die, name):
        while die is not None:
            if name in die.at:
                return die
            following = self.origin(die)
            die = following if following is not die else None
        return None

    def name(self, die):
        holder = self.attribute(die, "DW_AT_name")
        return holder.at["DW_AT_name"] if holder else ""

    def place(self, die):
        """(file, line) of the declaration."""
        holder = self.attribute(die, "DW_AT_decl_line")
        if not holder:
            return None, None
        file = self.attribute(die, "DW_AT_decl_file")
        return self.files.get(file.number("DW_AT_decl_file")), holder.number("DW_AT_decl_line")

    def inlined(self, name):
        """The inlined functions in a function: lists of Inlined, outermost first, one for each place."""
        die = self.functions.get(name)
        return list(self.chains(die, [])) if die else []

    def chains(self, die, above):
        for child in die.children:
            if child.tag == "DW_TAG_inlined_subroutine":
                origin = self.origin(child)
                chain = above + [Inlined(self.name(origin), *self.place(origin), child.number("DW_AT_call_line"))]
                yield chain
                yield from self.chains(child, chain)
            elif child.tag == "DW_TAG_lexical_block":
                yield from self.chains(child, above)

    def fields(self, structure):
        """(size, {member: offset}) of a named structure, or None."""
        for die in self.dies.values():
            if die.tag == "DW_TAG_structure_type" and die.at.get("DW_AT_name") == structure and "DW_AT_declaration" not in die.at:
                return die.number("DW_AT_byte_size"), {c.at["DW_AT_name"]: c.number("DW_AT_data_member_location") or 0
                                                       for c in die.children if "DW_AT_name" in c.at}
        return None

    # ---- types ------------------------------------------------------------------------------------------------------

    def type_name(self, die, depth=0):
        """The type that an attribute of `die` names, as text."""
        return self.spell(self.reference(die, "DW_AT_type"), depth)

    def spell(self, kind, depth=0):
        if kind is None:
            return "void"
        tag, name = kind.tag[7:], kind.at.get("DW_AT_name")
        if tag == "typedef" and self.plain and self.reference(kind, "DW_AT_type"):
            return self.type_name(kind, depth)
        if tag in ("base_type", "typedef", "unspecified_type"):
            return name or tag
        if tag in ("structure_type", "union_type", "enumeration_type"):
            word = {"structure_type": "struct", "union_type": "union", "enumeration_type": "enum"}[tag]
            return f"{word} {name}" if name else f"{word} {{{self.members(kind, depth + 1)}}}" if depth < 6 else word
        if tag == "pointer_type":
            return self.type_name(kind, depth + 1) + " *"
        if tag in ("const_type", "volatile_type", "atomic_type", "restrict_type"):
            return f"{tag[:-5]} {self.type_name(kind, depth)}"
        if tag == "array_type":
            bounds = "".join(f"[{c.number('DW_AT_upper_bound')}]" for c in kind.children if c.tag == "DW_TAG_subrange_type")
            return self.type_name(kind, depth) + bounds
        if tag == "subroutine_type":
            return self.prototype(kind, depth + 1) if depth < 6 else "function"
        return tag

    def prototype(self, die, depth=0):
        """The types of a function's result and parameters."""
        holder = self.origin(die)
        parameters = [self.type_name(c if "DW_AT_type" in c.at else self.origin(c), depth) if c.tag.endswith("parameter")
                      else "..." for c in (holder.children or die.children)
                      if c.tag in ("DW_TAG_formal_parameter", "DW_TAG_unspecified_parameters")]
        return f"{self.type_name(holder, depth)}({', '.join(parameters) or 'void'})"

    def members(self, kind, depth=0):
        return "; ".join(
            f"{c.at.get('DW_AT_name', '')}={c.at.get('DW_AT_const_value')}" if c.tag == "DW_TAG_enumerator" else
            f"{self.type_name(c, depth)} {c.at.get('DW_AT_name', '')}@{c.number('DW_AT_data_member_location') or 0}"
            f"{'.' + c.at['DW_AT_data_bit_offset'] if 'DW_AT_data_bit_offset' in c.at else ''}"
            f"{':' + c.at['DW_AT_bit_size'] if 'DW_AT_bit_size' in c.at else ''}"
            for c in kind.children if c.tag in ("DW_TAG_member", "DW_TAG_enumerator"))

    def layouts(self):
        """{"struct name": (size, members as text, place)} of the named structures and unions that are defined here."""
        found = {}
        for die in self.dies.values():
            if die.tag in ("DW_TAG_structure_type", "DW_TAG_union_type") and "DW_AT_name" in die.at and \
                    "DW_AT_declaration" not in die.at:
                found[self.spell(die)] = (die.number("DW_AT_byte_size"), self.members(die), self.place(die))
        return found
