using System.CommandLine;
using System.ComponentModel;
using System.Diagnostics;
using System.Text;
using BranchGrpo.Kit.Native;

namespace BranchGrpo.Cli.Commands;

/// <summary><c>branchgrpo bench</c>: runs the benchmark project, which measures side by side, and keeps its tables.</summary>
internal static class BenchCommand
{
    private const string Project = "tests/BranchGrpo.Benchmarks/BranchGrpo.Benchmarks.csproj", Peer = "peer";
    private static readonly string[] standard = ["methods", "levers", "published", "scaling", "memory"];
    private static readonly string[] all = [.. standard, "flux", Peer];

    // Set by the SDK for what it starts.
    private static string Sdk => Environment.GetEnvironmentVariable("DOTNET_HOST_PATH") is { Length: > 0 } host ? host : "dotnet";

    public static Command Create()
    {
        Argument<string[]> tables = new("table")
        {
            Description = $"{string.Join(", ", all)}; the first {standard.Length} if none is given, and {Peer} with --python", Arity = ArgumentArity.ZeroOrMore,
        };
        Option<string?> python = new("--python") { Description = "a Python with PyTorch 2: the same network and loops there, beside ours" };
        Option<bool> compile = new("--compile") { Description = "with --python: torch.compile as well" };
        Option<int> repetitions = new("--repetitions") { Description = "rounds that count", DefaultValueFactory = _ => 5 };
        Option<int> threads = new("--threads") { Description = "threads of the CPU", DefaultValueFactory = _ => 1 };
        Option<string> device = new("--device") { Description = "cpu or cuda", DefaultValueFactory = _ => "cpu" };
        Option<FileInfo> output = new("--out") { Description = "the tables as Markdown", DefaultValueFactory = _ => new(Path.Combine("runs", "bench.md")) };
        var command = new Command("bench", "Seconds, ratios and memory, measured side by side on this machine.")
        {
            tables, python, compile, repetitions, threads, device, output,
        };
        command.SetAction((parsed, _) =>
        {
            var peer = parsed.GetValue(python);
            string[] chosen = parsed.GetValue(tables) is { Length: > 0 } some ? [.. some.Distinct()] : peer is null ? standard : [.. standard, Peer];
            Check(chosen, peer, parsed.GetValue(compile));
            string[] shared =
            [
                "--repetitions", $"{PlanOptions.AtLeastOne(parsed.GetValue(repetitions), "--repetitions")}",
                "--threads", $"{PlanOptions.AtLeastOne(parsed.GetValue(threads), "--threads")}", "--device", parsed.GetValue(device)!,
            ];
            string[] own = [.. shared, .. peer is null ? [] : (string[])["--python", peer], .. parsed.GetValue(compile) ? (string[])["--compile"] : []];
            EmbeddedTask.Check(parsed.GetValue(device)!);
            var heading = $"{Machine.Line(parsed.GetValue(device)!)}, kit {Machine.Kit}\n";
            return MeasureAsync([.. chosen.Select(table => (table, table == Peer ? own : shared))], heading, parsed.GetValue(output)!.FullName);
        });
        return command;
    }

    private static void Check(string[] tables, string? python, bool compile)
    {
        if (tables.FirstOrDefault(t => !all.Contains(t)) is { } unknown) throw new Failure($"no table '{unknown}'; there are {string.Join(", ", all)}");
        if (python is null && tables.Contains(Peer)) throw new Failure($"the table '{Peer}' needs --python PATH, a Python that has PyTorch 2");
        if (python is null && compile) throw new Failure("--compile goes with --python");
        if (python is null) return;
        using var asked = Start(python, ["-c", "import torch"], "--python must name one");
        asked.WaitForExit();
        if (asked.ExitCode != 0) throw new Failure($"{python} has no PyTorch, which the table '{Peer}' needs; see the lines above");
    }

    // The file is written anew after every table, so that neither a table that fails nor the end of this process takes the others with it.
    private static async Task<int> MeasureAsync((string Table, string[] Options)[] tables, string heading, string file)
    {
        var project = Locate();
        using var stopping = new Stopping();
        var built = await RunAsync(["build", "-c", "Release", "-v", "quiet", "-nologo", project], stopping.Token);
        if (built.Code != 0) throw new Failure($"{project} could not be built; see the lines above");
        var (text, failed, kept) = (new StringBuilder(heading), new List<string>(), "nothing was measured");
        foreach (var (table, options) in tables)
        {
            var (code, lines) = await RunAsync(["run", "--no-build", "-c", "Release", "--project", project, "--", table, .. options], stopping.Token);
            if (stopping.Token.IsCancellationRequested) break;
            if (code != 0) failed.Add(table);
            text.Append($"\n## {table}\n\n{lines}").Append(code == 0 ? "" : $"\nThe table failed with code {code}.\n");
            WholeFile.Write(file, temporary => File.WriteAllText(temporary, text.ToString()));
            kept = $"kept in {file}";
        }
        Console.WriteLine("\n" + kept);
        if (stopping.Token.IsCancellationRequested) return Failure.Stopped;
        return failed.Count == 0 ? 0 : throw new Failure($"{string.Join(", ", failed)} failed, see the lines above; the other tables are in {file}");
    }

    private static async Task<(int Code, string Lines)> RunAsync(string[] arguments, CancellationToken stop)
    {
        var text = new StringBuilder();
        using var process = Start(Sdk, arguments, "the .NET SDK must be on the path");
        using var end = stop.Register(() => process.Kill(entireProcessTree: true));
        while (await process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
        {
            Console.WriteLine(line);
            text.Append(line).Append('\n');
        }
        await process.WaitForExitAsync(CancellationToken.None);
        return (process.ExitCode, text.ToString());
    }

    private static Process Start(string program, string[] arguments, string hint)
    {
        try
        {
            return Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        }
        catch (Win32Exception e)
        {
            throw new Failure($"{program} could not be started ({e.Message}); {hint}");
        }
    }

    private static string Locate()
    {
        foreach (var start in new[] { AppContext.BaseDirectory, Directory.GetCurrentDirectory() })
            for (var up = new DirectoryInfo(start); up is not null; up = up.Parent)
                if (Path.Combine(up.FullName, Project) is var file && File.Exists(file)) return file;
        throw new Failure($"no {Project} above {AppContext.BaseDirectory} or the current folder; run it from a clone of the repository");
    }
}
