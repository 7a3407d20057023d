using System.Collections.Immutable;

namespace BranchGrpo.Kit.Notebooks;

/// <summary>The two files of a study: few digits and a fixed order, so that they can be kept under version control.</summary>
internal static class StudyFiles
{
    private const string RunsFile = "runs.csv", EvaluationsFile = "evaluations.csv";

    private static readonly string[] runColumns =
        ["variant", "seed", "settings", "iterations", "seconds", "seconds_per_iteration", "rollout_per_leaf", "trained_per_leaf"];

    private static readonly string[] evaluationColumns = ["variant", "seed", "iteration", "seconds"];

    // A run is there when runs.csv lists it, so its evaluations are written first.
    public static void Write(Study study, string folder)
    {
        var scores = study.Runs.SelectMany(r => r.Evaluations.Evaluations).SelectMany(e => e.Scores.Keys).Distinct().Order(StringComparer.Ordinal).ToArray();
        CsvLines.Write(Path.Combine(folder, EvaluationsFile), study.Environment, [.. evaluationColumns, .. scores],
            from run in study.Runs
            from e in run.Evaluations.Evaluations
            select (string[])[run.Variant, CsvLines.Text(run.Seed), CsvLines.Text(e.Iteration), CsvLines.Text(e.Seconds, 7),
                .. scores.Select(s => e.Scores.TryGetValue(s, out var value) ? CsvLines.Text(value, 5) : "")]);
        CsvLines.Write(Path.Combine(folder, RunsFile), study.Environment, runColumns,
            study.Runs.Select(r => (string[])[r.Variant, CsvLines.Text(r.Seed), r.Key, CsvLines.Text(r.Iterations), CsvLines.Text(r.Seconds, 7),
                CsvLines.Text(r.SecondsPerIteration, 5), CsvLines.Text(r.RolloutPerLeaf, 5), CsvLines.Text(r.TrainedPerLeaf, 5)]));
    }

    public static Study Read(string folder)
    {
        var evaluations = ReadEvaluations(new(Path.Combine(folder, EvaluationsFile), evaluationColumns, hasMore: true));
        var file = new CsvLines(Path.Combine(folder, RunsFile), runColumns, hasMore: false);
        var runs = new Dictionary<(string, ulong), StudyRun>();
        foreach (var (line, fields) in file.Rows())
        {
            var id = (Variant: fields[0], Seed: file.Whole<ulong>(line, fields[1], runColumns[1]));
            if (!evaluations.TryGetValue(id, out var known))
                throw file.Error(line, $"a run with evaluations in {EvaluationsFile}", $"{id.Variant}, seed {id.Seed}");
            var run = new StudyRun(id.Variant, id.Seed, fields[2], new(known))
            {
                Iterations = file.Whole<int>(line, fields[3], runColumns[3]),
                Seconds = Number(4),
                SecondsPerIteration = Number(5),
                RolloutPerLeaf = Number(6),
                TrainedPerLeaf = Number(7),
            };
            if (!runs.TryAdd(id, run)) throw file.Error(line, "each variant and seed once", $"{id.Variant}, seed {id.Seed} again");

            double Number(int column) => file.Number(line, fields[column], runColumns[column]);
        }
        return new(file.Comment, runs.Values);
    }

    private static Dictionary<(string, ulong), List<RunEvent.Evaluated>> ReadEvaluations(CsvLines file)
    {
        var (scores, evaluations) = (file.More(evaluationColumns.Length), new Dictionary<(string, ulong), List<RunEvent.Evaluated>>());
        foreach (var (line, fields) in file.Rows())
        {
            var values = scores.Zip(fields.Skip(evaluationColumns.Length)).Where(s => s.Second.Length > 0)
                .ToImmutableSortedDictionary(s => s.First, s => file.Number(line, s.Second, s.First), StringComparer.Ordinal);
            var next = new RunEvent.Evaluated(values)
            {
                Iteration = file.Whole<int>(line, fields[2], evaluationColumns[2]),
                Seconds = file.Number(line, fields[3], evaluationColumns[3]),
            };
            var id = (fields[0], file.Whole<ulong>(line, fields[1], evaluationColumns[1]));
            if (!evaluations.TryGetValue(id, out var list)) evaluations[id] = list = [];
            if (list is [.., var last] && (last.Iteration >= next.Iteration || last.Seconds > next.Seconds))
                throw file.Error(line, $"an evaluation after iteration {last.Iteration} and {CsvLines.Text(last.Seconds, 7)} s",
                    string.Join(",", fields.Take(4)));
            list.Add(next);
        }
        return evaluations;
    }
}
