using System.Globalization;
using Xunit;

namespace BranchGrpo.Cli.Tests;

/// <summary>The command <c>snr</c>: what it keeps, and what it refuses.</summary>
public sealed class SnrTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public async Task Only_what_is_missing_is_measured()
    {
        var (code, output, error) = await StartAsync("snr \"split tail 3\" --iterations 3 --out signal.csv");
        Assert.True(code == 0, error);
        Assert.Contains("1 variants (1 to do) of 3 iterations", output);
        Assert.Contains("Split tail 3", output);
        var line = File.ReadAllLines(folder.File("signal.csv"))[2];
        var cells = line.Split(',');
        Assert.All(cells[6..10], cell => Assert.True(double.IsFinite(double.Parse(cell, CultureInfo.InvariantCulture)), line));

        // A row that no measurement could have made shows that it is taken as it is.
        cells[4] = "123456";
        File.WriteAllText(folder.File("signal.csv"), File.ReadAllText(folder.File("signal.csv")).Replace(line, string.Join(',', cells)));
        (code, output, error) = await StartAsync("snr \"Split tail 3\" \"Split 4 prompts\" --iterations 3 --out signal.csv");
        Assert.True(code == 0, error);
        Assert.Contains("2 variants (1 to do)", output);
        Assert.Contains("123456", output);
        Assert.Equal(["Split tail 3", "Split 4 prompts"], SignalTable.Read(folder.File("signal.csv")).Select(row => row.Signal.Name));

        (code, _, error) = await StartAsync("snr \"Split tail 3\" --iterations 4 --out signal.csv");
        Assert.Equal(1, code);
        Assert.Contains("holds Split tail 3 with other settings", error);
        Assert.Equal(4, File.ReadAllLines(folder.File("signal.csv")).Length);
    }

    [Fact]
    public async Task Stopped_it_keeps_what_was_done_and_goes_on()
    {
        using var program = StartedProgram.Start(folder.Path, "snr \"Split 4 prompts\" DanceGRPO --iterations 12 --out signal.csv");
        var error = program.StandardError.ReadToEndAsync();
        while (!File.Exists(folder.File("signal.csv")) && !program.HasExited) await Task.Delay(100);
        Assert.False(program.HasExited, "it should still measure the second variant");
        using (var kill = System.Diagnostics.Process.Start("kill", $"-TERM {program.Id}")) await kill.WaitForExitAsync();
        await program.WaitForExitAsync();
        Assert.Equal(130, program.ExitCode);
        Assert.Contains("finished variants are kept", await error);
        Assert.Equal(["Split 4 prompts"], SignalTable.Read(folder.File("signal.csv")).Select(row => row.Signal.Name));
        Assert.Equal([folder.File("signal.csv")], Directory.EnumerateFileSystemEntries(folder.Path));
    }

    private Task<(int Code, string Output, string Error)> StartAsync(string arguments) => StartedProgram.RunAsync(folder.Path, arguments);
}
