# SPDX-License-Identifier: GPL-2.0-or-later
"""The initrd is a valid newc archive, equal in every run, and the data of large files begins on a page."""

import os
import stat
import sys
import tempfile
import unittest

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "..", "tools"))
import mkinitrd  # noqa: E402


def members(data):
    """A second reader of the format: (path, mode, uid, offset of the data, data) of each member."""
    offset, result = 0, []
    while True:
        assert data[offset:offset + 6] == b"070701", offset
        fields = [int(data[offset + 6 + 8 * i:offset + 14 + 8 * i], 16) for i in range(13)]
        name = data[offset + 110:offset + 110 + fields[11]]
        assert name.endswith(b"\0")
        path = name.rstrip(b"\0").decode()
        start = offset + 110 + fields[11] + 3 & ~3
        if path == "TRAILER!!!":
            return result
        result.append((path, fields[1], fields[2], start, data[start:start + fields[6]]))
        offset = start + fields[6] + 3 & ~3


class Archive(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = folder.name
        self.write("small", b"x" * 5)
        self.write("large", bytes(range(256)) * 40)
        self.write("list", b"dir /tmp 1777\nfile /etc/conf $FROM/small 0600 3 4 # comment\n"
                           b"file /bin/prog $FROM/large 0755\nlink /bin/sh prog\n")

    def write(self, name, data):
        with open(os.path.join(self.folder, name), "wb") as file:
            file.write(data)

    def archive(self):
        manifest = mkinitrd.Manifest({"FROM": self.folder})
        manifest.read(os.path.join(self.folder, "list"))
        return mkinitrd.archive(manifest.entries)

    def test_contents_and_modes(self):
        found = {path: rest for path, *rest in members(self.archive())}
        self.assertEqual(sorted(found), ["bin", "bin/prog", "bin/sh", "etc", "etc/conf", "tmp"])
        self.assertEqual(found["tmp"][0], stat.S_IFDIR | 0o1777)
        self.assertEqual(found["etc/conf"][:2], [stat.S_IFREG | 0o600, 3])
        self.assertEqual(found["etc/conf"][3], b"xxxxx")
        self.assertEqual(found["bin/sh"][3], b"prog")

    def test_modes_are_changed_after_all_files_are_there(self):
        self.write("list", b"mode /bin/su 4755\nmode /etc/conf 0600\n")
        output = os.path.join(self.folder, "initrd")
        sys.argv = ["mkinitrd.py", "-o", output, os.path.join(self.folder, "list"),
                    "-f", f"/bin/su={self.folder}/large", "-f", f"/etc/conf={self.folder}/small"]
        mkinitrd.main()
        with open(output, "rb") as file:
            found = {path: rest for path, *rest in members(file.read())}
        self.assertEqual(found["bin/su"][0], stat.S_IFREG | 0o4755)
        self.assertEqual(found["etc/conf"][0], stat.S_IFREG | 0o600)
        self.write("list", b"mode /no/such 0600\n")
        with self.assertRaises(SystemExit):
            mkinitrd.main()

    def test_parents_come_before_their_children(self):
        paths = [path for path, *_ in members(self.archive())]
        for path in paths:
            self.assertTrue("/" not in path or paths.index(os.path.dirname(path)) < paths.index(path))

    def test_large_files_start_on_a_page(self):
        found = {path: rest for path, *rest in members(self.archive())}
        self.assertEqual(found["bin/prog"][2] % 4096, 0)
        self.assertEqual(found["bin/prog"][3], bytes(range(256)) * 40)

    def test_same_input_same_archive(self):
        first = self.archive()
        os.utime(os.path.join(self.folder, "large"), (1, 1))
        self.assertEqual(first, self.archive())

    def test_unknown_entry_is_refused(self):
        self.write("list", b"device /dev/null\n")
        with self.assertRaises(SystemExit):
            self.archive()


if __name__ == "__main__":
    unittest.main()
