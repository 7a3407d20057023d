namespace BranchGrpo.Kit.Notebooks.Tests;

public sealed class StudyFilesTests : IDisposable
{
    private readonly string folder = Directory.CreateTempSubdirectory("study").FullName;

    public void Dispose() => Directory.Delete(folder, recursive: true);

    [Fact]
    public void What_was_written_is_read_back()
    {
        var odd = MadeUpStudy.Record(10, 1 / 3.0, i => i == 0 ? new() { ["a, b"] = -1.23456789e-7 } : new() { ["reward"] = 0.123456789 });
        var study = MadeUpStudy.Four.With(StudyRun.Of(MadeUpStudy.Variant("# \"1, 2\" ", 1), ulong.MaxValue, odd));
        study.Write(folder);
        var read = Study.Read(folder);
        Assert.Equal(study.Environment, read.Environment);
        Assert.All(study.Runs.Zip(read.Runs), p =>
        {
            Assert.Equal(p.First with { Evaluations = p.Second.Evaluations, Seconds = 0, SecondsPerIteration = 0 },
                p.Second with { Seconds = 0, SecondsPerIteration = 0 });
            Assert.Equal(p.First.SecondsPerIteration, p.Second.SecondsPerIteration, 1e-4);
            Assert.Equal(p.First.Seconds, p.Second.Seconds, 1e-5);
            Assert.Equal(p.First.Evaluations.Evaluations.Count, p.Second.Evaluations.Evaluations.Count);
            Assert.All(p.First.Evaluations.Evaluations.Zip(p.Second.Evaluations.Evaluations), e =>
            {
                Assert.Equal(e.First.Iteration, e.Second.Iteration);
                Assert.Equal(e.First.Seconds, e.Second.Seconds, 1e-5);
                Assert.Equal(e.First.Scores.Keys, e.Second.Scores.Keys);
                Assert.All(e.First.Scores, s => Assert.Equal(s.Value, e.Second.Scores[s.Key], Math.Abs(s.Value) * 5e-5));
            });
        });
        var before = Texts();
        read.Write(folder);
        Assert.Equal(before, Texts());
        Assert.Equal(2, Directory.GetFiles(folder).Length);
        Assert.StartsWith($"# {MadeUpStudy.Environment}\nvariant,seed,settings,iterations,", before[0]);
        Assert.Contains("\n\"# \"\"1, 2\"\" \",18446744073709551615,10,3.333333,,", before[1]);

        string[] Texts() => [File.ReadAllText(Path.Combine(folder, "runs.csv")), File.ReadAllText(Path.Combine(folder, "evaluations.csv"))];
    }

    [Theory]
    [InlineData("runs.csv", "# a made-up", "a made-up", "line 1", "# ")]
    [InlineData("runs.csv", "settings", "key", "line 2", "variant,seed,settings")]
    [InlineData("runs.csv", "trained_per_leaf", "trained_per_leaf,more", "line 2", "variant,seed,settings")]
    [InlineData("runs.csv", ",60,60,", ",60,", "line 3", "8 fields")]
    [InlineData("runs.csv", ",60,60,", ",60.5,60,", "line 3", "iterations, a whole number")]
    [InlineData("runs.csv", ",60,60,", ",60,\"6,0\",", "line 3", "seconds, a number")]
    [InlineData("runs.csv", "\"A, the base\",101", "\"A, the base\"x,101", "line 3", "a quote that ends before a comma")]
    [InlineData("runs.csv", "\"A, the base\",101", "\"A, the base,101", "line 3", "a quote that ends before a comma")]
    [InlineData("runs.csv", "\"A, the base\",101", "D,101", "line 3", "a run with evaluations")]
    [InlineData("runs.csv", "\"A, the base\",102", "\"A, the base\",101", "line 6", "each variant and seed once")]
    [InlineData("evaluations.csv", ",0.4,", ",NaN,", "line 3", "heldout, a number")]
    [InlineData("evaluations.csv", "101,10,10,", "101,0,10,", "line 4", "an evaluation after iteration 0")]
    [InlineData("evaluations.csv", "101,20,20,", "101,20,9.5,", "line 5", "10 s")]
    [InlineData("evaluations.csv", "101,20,20,", "-1,20,20,", "line 5", "seed, a whole number")]
    public void A_damaged_file_is_named_with_line_what_was_expected_and_what_to_do(string file, string find, string put, string line, string expected)
    {
        MadeUpStudy.Four.Write(folder);
        var path = Path.Combine(folder, file);
        var text = File.ReadAllText(path);
        var at = text.IndexOf(find, StringComparison.Ordinal);
        Assert.True(at >= 0, text);
        File.WriteAllText(path, text[..at] + put + text[(at + find.Length)..]);
        var message = Assert.Throws<InvalidDataException>(() => Study.Read(folder)).Message;
        Assert.StartsWith($"{path}: {line}: expected", message);
        Assert.Contains(expected, message);
        Assert.Contains("correct the line", message);
    }

    [Fact]
    public void A_file_that_is_cut_off_or_missing_is_noticed_and_a_run_that_is_not_listed_is_left_out()
    {
        MadeUpStudy.Four.Write(folder);
        var path = Path.Combine(folder, "runs.csv");
        var text = File.ReadAllText(path);
        File.WriteAllText(path, string.Join('\n', text.Split('\n')[..^2]) + "\n");
        Assert.Equal(11, Study.Read(folder).Runs.Length);
        File.WriteAllText(path, text[..^3]);
        Assert.Contains("cut off", Assert.Throws<InvalidDataException>(() => Study.Read(folder)).Message);
        File.WriteAllText(path, "");
        Assert.Contains("line 1", Assert.Throws<InvalidDataException>(() => Study.Read(folder)).Message);
        File.Delete(path);
        Assert.Contains("runs.csv is missing", Assert.Throws<InvalidDataException>(() => Study.Read(folder)).Message);
    }
}
