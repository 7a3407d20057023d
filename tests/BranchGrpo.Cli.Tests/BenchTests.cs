using Xunit;

namespace BranchGrpo.Cli.Tests;

/// <summary><c>branchgrpo bench</c> with a stand-in for the SDK that says what it was asked, so that nothing is measured here.</summary>
public sealed class BenchTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private Task<(int Code, string Output, string Error)> BenchAsync(string arguments)
    {
        const UnixFileMode Executable = UnixFileMode.UserRead | UnixFileMode.UserWrite | UnixFileMode.UserExecute;
        Directory.CreateDirectory(folder.File("bin"));
        File.WriteAllText(folder.File("bin/dotnet"), $"""
            #!/bin/sh
            echo "$@" >> "{folder.File("asked")}"
            case "$*" in
              build*) [ ! -e "{folder.File("unbuildable")}" ]; exit ;;
              *"-- scaling"*) echo "| half a table |"; exit 3 ;;
            esac
            while [ "$1" != -- ]; do shift; done
            echo "| $2 |"
            """);
        File.WriteAllText(folder.File("bin/python"), $"""
            #!/bin/sh
            [ ! -e "{folder.File("no torch")}" ]
            """);
        if (!OperatingSystem.IsWindows())
            foreach (var program in (string[])["dotnet", "python"]) File.SetUnixFileMode(folder.File($"bin/{program}"), Executable);
        return StartedProgram.RunAsync(folder.Path, "bench " + arguments,
            ("DOTNET_HOST_PATH", folder.File("bin/dotnet")), ("PATH", $"{folder.File("bin")}:/usr/bin:/bin"));
    }

    private string[] Asked => File.Exists(folder.File("asked")) ? File.ReadAllLines(folder.File("asked")) : [];

    [Fact]
    public async Task Every_table_is_run_and_kept_under_a_line_that_says_where()
    {
        if (OperatingSystem.IsWindows()) return;
        var (code, output, error) = await BenchAsync("methods memory methods --repetitions 2");
        Assert.Equal((0, ""), (code, error));
        var lines = File.ReadAllLines(folder.File("runs/bench.md"));
        Assert.Contains($".NET {Environment.Version}", lines[0]);
        Assert.Equal(["## methods", "| methods |", "## memory", "| memory |"], lines.Skip(1).Where(l => l.Length > 0));
        Assert.Contains("kept in", output);
        Assert.Equal(3, Asked.Length);                                          // a build, two tables
        Assert.EndsWith("-- methods --repetitions 2 --threads 1 --device cpu", Asked[1]);
        Assert.Equal(["bench.md"], Directory.GetFiles(folder.File("runs")).Select(Path.GetFileName));
    }

    [Fact]
    public async Task Without_a_name_all_but_flux_are_run_and_the_peer_where_there_is_a_Python()
    {
        if (OperatingSystem.IsWindows()) return;
        var (code, _, _) = await BenchAsync("--python python --compile --out kept/tables.md");
        Assert.Equal(1, code);                                                  // the stand-in fails one table
        Assert.Equal(["methods", "levers", "published", "scaling", "memory", "peer"], Asked.Skip(1).Select(l => l.Split(" -- ")[1].Split(' ')[0]));
        Assert.EndsWith("--device cpu --python python --compile", Asked[^1]);
        Assert.DoesNotContain("--python", Asked[1]);
        Assert.True(File.Exists(folder.File("kept/tables.md")));
    }

    [Fact]
    public async Task A_table_that_fails_leaves_the_others_in_the_file()
    {
        if (OperatingSystem.IsWindows()) return;
        var (code, _, error) = await BenchAsync("methods scaling memory");
        Assert.Equal(1, code);
        Assert.Contains("scaling failed", error);
        var text = File.ReadAllText(folder.File("runs/bench.md"));
        Assert.Contains("| methods |", text);
        Assert.Contains("| half a table |\n\nThe table failed with code 3.\n", text);
        Assert.Contains("| memory |", text);
    }

    [Theory]
    [InlineData("nothing", "no table 'nothing'; there are methods,")]
    [InlineData("peer", "needs --python")]
    [InlineData("--compile", "--compile goes with --python")]
    [InlineData("--repetitions 0", "--repetitions is 0, must be at least 1")]
    [InlineData("--threads 0", "--threads is 0, must be at least 1")]
    [InlineData("--device abacus", "no device 'abacus'")]
    [InlineData("--python /no/such/python", "/no/such/python could not be started")]
    public async Task Bad_input_is_told_before_anything_is_built(string arguments, string expected)
    {
        if (OperatingSystem.IsWindows()) return;
        var (code, _, error) = await BenchAsync(arguments);
        Assert.Equal(1, code);
        Assert.Contains(expected, error);
        Assert.Empty(Asked);
        Assert.False(Directory.Exists(folder.File("runs")));
    }

    [Fact]
    public async Task A_project_that_does_not_build_and_a_Python_without_PyTorch_end_it()
    {
        if (OperatingSystem.IsWindows()) return;
        File.WriteAllText(folder.File("unbuildable"), "");
        var (code, _, error) = await BenchAsync("methods");
        Assert.Equal((1, true), (code, error.Contains("could not be built", StringComparison.Ordinal)));
        Assert.Single(Asked);
        File.WriteAllText(folder.File("no torch"), "");
        (code, _, error) = await BenchAsync("methods --python python");
        Assert.Equal((1, true), (code, error.Contains("python has no PyTorch", StringComparison.Ordinal)));
        Assert.Single(Asked);
        Assert.False(Directory.Exists(folder.File("runs")));
    }
}
