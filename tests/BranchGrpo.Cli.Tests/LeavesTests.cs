using System.Globalization;
using BranchGrpo.Cli.Leaves;
using BranchGrpo.Kit.Notebooks;
using BranchGrpo.Kit.Shapes;
using Xunit;

namespace BranchGrpo.Cli.Tests;

/// <summary>The table of <c>branchgrpo leaves</c>: what is in it is not measured again.</summary>
public sealed class LeavesTests : IDisposable
{
    private const string Machine = "one CPU thread";
    private readonly TemporaryFolder folder = new();

    private string Table => folder.File("out/leaves.csv");

    public void Dispose() => folder.Dispose();

    private static LeafKey Key(string name, ulong seed = 1, string policy = "base") => new(name, "0123abcd", policy, 256, seed);

    private static LeafResult Result(string name, double value = 0.125) => new(name, 16, 16, Enum.GetValues<LeafMeasure>().Select(m =>
        new LeafQuantity(m, value, 1e-5, -0.1, 0.1, 0.005, m == LeafMeasure.Kid ? 0.5 : null)), 1.5);

    [Fact]
    public void Rows_are_read_as_they_were_written()
    {
        string[] names = ["BranchGRPO", "BranchGRPO splits 0,1,3,4", "a \"quoted\", name"];
        var culture = CultureInfo.CurrentCulture;
        try
        {
            var comma = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            comma.NumberFormat.NumberDecimalSeparator = ",";
            CultureInfo.CurrentCulture = comma;
            LeafFile.Write(Table, names.Select(n => new LeafRow(Key(n), Result(n))), Machine);
            var rows = LeafFile.Read(Table);
            Assert.Equal(names.Select(n => Key(n)), rows.Select(r => r.Key));
            Assert.All(rows, r => Assert.Equal(Result("").Quantities.AsEnumerable(), r.Result.Quantities));
            Assert.All(rows, r => Assert.Equal((16, 16, 1.5), (r.Result.Trees, r.Result.LeavesPerTree, r.Result.Seconds)));
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
        var lines = File.ReadAllLines(Table);
        Assert.Equal("# one CPU thread", lines[0]);
        Assert.Equal(2 + (3 * Enum.GetValues<LeafMeasure>().Length), lines.Length);
        LeafFile.Write(Table, LeafFile.Read(Table), "another");
        LeafFile.Write(Table, LeafFile.Read(Table), Machine);
        Assert.Equal("# one CPU thread | another", File.ReadLines(Table).First());
        Assert.Single(Directory.GetFiles(folder.File("out")));                             // nothing temporary stays
    }

    [Fact]
    public void Only_what_is_missing_is_measured_and_what_was_finished_is_kept()
    {
        var (run, measured) = (new LeavesRun(Table, Machine), new List<LeafKey>());
        LeafKey[] wanted = [Key("a"), Key("b"), Key("c")];
        LeafResult Measure(LeafKey key)
        {
            measured.Add(key);
            return measured.Count == 2 ? throw new OperationCanceledException() : Result(key.Variant, measured.Count);
        }
        Assert.Throws<OperationCanceledException>(() => run.Execute(wanted, Measure));     // stopped in the second
        Assert.Equal([Key("a")], LeafFile.Read(Table).Select(r => r.Key));
        Assert.Equal([Key("b"), Key("c")], run.Missing(wanted));
        var results = run.Execute([wanted[2], wanted[1], wanted[0]], Measure);
        Assert.Equal([Key("a"), Key("b"), Key("c"), Key("b")], measured);
        Assert.Equal(["c", "b", "a"], results.Select(r => r.Name));
        Assert.Equal(["c", "b", "a"], LeafFile.Read(Table).Select(r => r.Result.Name));
        Assert.Equal(1, results[2][LeafMeasure.Mmd].Value);                          // the first measurement, not a new one
        Assert.Empty(run.Missing(wanted));

        // Another seed, policy, plan or size is another row.
        LeafKey[] others = [Key("a", seed: 2), Key("a", policy: "feed0123"), Key("a") with { Plan = "other" }, Key("a") with { Samples = 512 }];
        Assert.Equal(others, run.Missing([.. wanted, .. others]));
        run.Execute(others, key => Result(key.Variant));
        Assert.Equal(7, LeafFile.Read(Table).Count);
    }

    [Fact]
    public void A_damaged_table_is_named_and_left_alone()
    {
        LeafFile.Write(Table, [new(Key("a"), Result("a"))], Machine);
        var whole = File.ReadAllLines(Table);
        void Refused(string expected, params string[] lines)
        {
            File.WriteAllText(Table, string.Join('\n', lines));
            Assert.Contains(expected, Assert.Throws<InvalidDataException>(() => LeafFile.Read(Table)).Message);
            Assert.Throws<InvalidDataException>(() => new LeavesRun(Table, Machine).Execute([Key("b")], key => Result(key.Variant)));
            Assert.Equal(string.Join('\n', lines), File.ReadAllText(Table));
        }
        Refused("line 1", "a,b", "1,2", "");
        Refused("line 2: expected the columns variant,plan", whole[0], "a,b", "");
        Refused("the file is cut off", [.. whole[..^1], whole[^1][..20]]);
        Refused("line 4: expected p, a number; found \"zero\"", whole[0], whole[1], whole[2], whole[3].Replace("0.005", "zero"), "");
        Refused("line 3: expected a measure, one of Mmd", whole[0], whole[1], whole[2].Replace("Mmd", "Nothing"), "");
        Refused("line 3: expected a measure, one of Mmd", whole[0], whole[1], whole[2].Replace("Mmd", "77"), "");
        Refused("each measure of a once", [.. whole[..^1], ""]);
        Refused("each measure of a once", [.. whole, whole[^1], ""]);
    }

    [Fact]
    public async Task The_command_measures_draws_and_goes_on()
    {
        const string command = "leaves DanceGRPO-T4 \"BranchGRPO-Split\" --samples 32 --out out/leaves.csv";
        var (code, output, error) = await StartedProgram.RunAsync(folder.Path, command);
        Assert.True(code == 0, error);
        Assert.Contains("2 variants of 32 leaves each (2 to measure)", output);
        Assert.Contains("pictures 192 of 192", output);
        Assert.Contains("Inception KID .0057, MMD² .0067; CLIP KID .00022, MMD² .0149", output);
        Assert.Contains(".713 branching, .723 DanceGRPO", output);
        Assert.Equal([(2, 16), (4, 8)], LeafFile.Read(Table).Select(r => (r.Result.Trees, r.Result.LeavesPerTree)));
        Assert.Contains("</svg>", File.ReadAllText(folder.File("out/leaves.svg")));
        var before = File.ReadAllText(Table);
        (code, output, _) = await StartedProgram.RunAsync(folder.Path, command);
        Assert.Equal((0, true), (code, output.Contains("(0 to measure)", StringComparison.Ordinal)));
        Assert.Equal(before, File.ReadAllText(Table));

        // The base policy's own weights as a checkpoint: another row, the same numbers.
        var weights = Path.Combine(ShapesData.Locate(), ShapesSize.Cpu.PolicyFile);
        (code, output, error) = await StartedProgram.RunAsync(
            folder.Path, $"leaves BranchGRPO-Split --samples 32 --checkpoint \"{weights}\" --out out/leaves.csv");
        Assert.True(code == 0, error);
        var rows = LeafFile.Read(Table).Where(r => r.Key.Variant == "BranchGRPO-Split").ToArray();
        Assert.Equal(2, rows.Select(r => r.Key.Policy).Distinct().Count());
        Assert.Equal(rows[0].Result.Quantities.AsEnumerable(), rows[1].Result.Quantities);
        Assert.Equal(3, LeafFile.Read(Table).Count);
    }
}
