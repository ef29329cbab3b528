"""Print what Python and C++ give for every case: ``python -m tests.cpp_api [PROGRAM]``.

Compiles the C++ program first, which takes half a minute, unless it is named. The exit
code says whether both languages agree throughout.
"""

import sys
import tempfile
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent))

from compiling import HERE, compile_program, gcc
from score_cases import all_cases
from score_parity import compared, format_table, in_cpp, in_python

cases = all_cases()
with tempfile.TemporaryDirectory() as name:
    folder = Path(name)
    program = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    if program is None:
        compiler = gcc()
        if compiler is None:
            sys.exit("no C++ compiler")
        made = folder / "scores_program"
        program = compile_program(compiler, HERE / "scores_program.cpp", made, 17)
    cpp = in_cpp(program, cases, folder)
found = compared(cases, [in_python(case) for case in cases], cpp)
print(format_table(found))
sys.exit(any(each.verdict == "WRONG" for each in found))
