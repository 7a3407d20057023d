using System.Globalization;
using System.Text.Json;
using static TorchSharp.torch;

namespace BranchGrpo.Kit.Tests.Golden;

/// <summary>Replays every reference file of the folder through the kit.</summary>
public class GoldenReplayTests
{
    private static readonly Lock Gate = new();

    public static TheoryData<string> Files => [.. GoldenFiles.All.Select(f => Path.GetRelativePath(GoldenFiles.Folder, f))];

    [Theory]
    [MemberData(nameof(Files))]
    public void Replays(string file)
    {
        using var json = JsonDocument.Parse(File.ReadAllBytes(Path.Combine(GoldenFiles.Folder, file)));
        var compare = new GoldenComparer(file);
        var replay = GoldenKinds.Of(json.RootElement);
        var cases = json.RootElement.List("cases");
        for (var i = 0; i < cases.Length; i++)
        {
            compare.In($"case {i}");
            using var scope = NewDisposeScope();
            replay(json.RootElement, cases[i], compare);
        }
        Assert.Equal(json.RootElement.Int("case_count"), cases.Length);
        Assert.True(cases.Length > 0 && compare.Compared > 0, $"{file}: nothing was compared");
        if (Environment.GetEnvironmentVariable("BRANCHGRPO_GOLDEN_REPORT") is { Length: > 0 } report)
            lock (Gate)
                File.AppendAllText(report, string.Create(CultureInfo.InvariantCulture,
                    $"{file}\t{compare.Largest:0.0e0}\t{cases.Length} cases\t{compare.Compared} numbers\n"));
    }

    [Fact]
    public void A_file_of_unknown_kind_fails()
    {
        using var json = JsonDocument.Parse("""{"format":"branchgrpo-golden/1","topic":"something else","case_count":1,"cases":[{}]}""");
        Assert.Contains("something else", Assert.ThrowsAny<Exception>(() => GoldenKinds.Of(json.RootElement)).Message);
    }

    [Fact]
    public void A_wrong_number_is_noticed()
    {
        var compare = new GoldenComparer("made up");
        compare.Numbers("x", [1, double.NaN, 1e-12], [1, double.NaN, 0]);
        Assert.ThrowsAny<Exception>(() => compare.Numbers("x", [1], [1 + 1e-9]));
        Assert.ThrowsAny<Exception>(() => compare.Numbers("x", [1], [double.NaN]));
        Assert.ThrowsAny<Exception>(() => compare.Numbers("x", [double.NaN], [1]));
        Assert.ThrowsAny<Exception>(() => compare.Departs("bug", false));
    }
}
