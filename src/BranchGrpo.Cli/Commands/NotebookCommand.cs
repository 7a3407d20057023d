using System.CommandLine;
using BranchGrpo.Kit.Notebooks.Documents;

namespace BranchGrpo.Cli.Commands;

/// <summary><c>branchgrpo notebook</c>: executes, checks and exports notebooks without a front end.</summary>
internal static class NotebookCommand
{
    public static Command Create() => new("notebook", "Execute, check and export notebooks without a front end.") { Run(), Check(), Html() };

    private static Command Run()
    {
        var files = Files();
        var folder = new Option<DirectoryInfo?>("--out") { Description = "folder for the executed notebooks" };
        var inPlace = new Option<bool>("--in-place") { Description = "write the outputs into the notebooks themselves, once all cells have run" };
        var preset = new Option<string?>("--preset") { Description = $"dry, quick, standard or gpu; {LabPreset.Variable} or quick if not given" };
        var timeout = new Option<double?>("--timeout") { Description = "longest time of one cell, in seconds" };
        var solve = new Option<bool>("--solve") { Description = "also execute the solutions of the exercises, which must check as right" };
        var command = new Command("run", "Execute notebooks; stops at the first cell that fails.") { files, folder, inPlace, preset, timeout, solve };
        command.SetAction(async (parsed, _) =>
        {
            var (target, here, limit) = (parsed.GetValue(folder), parsed.GetValue(inPlace), parsed.GetValue(timeout));
            if (target is not null && here) throw new Failure("--out and --in-place exclude each other");
            if (limit is <= 0) throw new Failure($"--timeout is {limit}; it must be positive");
            if (parsed.GetValue(preset) is { } name) Environment.SetEnvironmentVariable(LabPreset.Variable, LabPreset.Find(name).Name);
            Default(Claim.Strict, "1");
            Default("BRANCHGRPO_PLOTLY", "cdn");                               // outputs stay small; `notebook html` makes pages for offline use
            foreach (var file in Existing(parsed.GetValue(files)!))
            {
                var notebook = NotebookDocument.Read(file.FullName);
                var path = here ? file.FullName : target is null ? null : Path.Combine(target.FullName, file.Name);
                try
                {
                    Console.WriteLine(file.Name);
                    await NotebookRunner.RunAsync(notebook, limit is { } s ? TimeSpan.FromSeconds(s) : null, parsed.GetValue(solve), Show);
                }
                catch (NotebookFailure e)
                {
                    if (path is not null && !here) notebook.Write(path);
                    throw new Failure(e.Message);
                }
                if (path is not null) notebook.Write(path);
                Console.WriteLine($"  {(double)notebook.Metadata["branchgrpo"]!["seconds"]!:0.0} s{(path is null ? "" : $", written to {path}")}");
            }
        });
        return command;
    }

    private static Command Check()
    {
        var files = Files();
        var command = new Command("check", "Say what keeps notebooks from being fit to commit.") { files };
        command.SetAction(parsed =>
        {
            var faults = 0;
            foreach (var file in Existing(parsed.GetValue(files)!))
                foreach (var fault in NotebookCheck.Faults(NotebookDocument.Read(file.FullName)))
                {
                    Console.WriteLine($"{file.Name}: {fault}");
                    faults++;
                }
            if (faults > 0) throw new Failure($"{faults} faults; `branchgrpo notebook run --in-place` makes outputs anew");
            Console.WriteLine("nothing to say");
        });
        return command;
    }

    private static Command Html()
    {
        var files = Files();
        var folder = new Option<DirectoryInfo?>("--out") { Description = "folder for the pages; beside the notebooks if not given" };
        var command = new Command("html", "Export notebooks as pages that open offline.") { files, folder };
        command.SetAction(parsed =>
        {
            foreach (var file in Existing(parsed.GetValue(files)!))
            {
                var path = Path.Combine((parsed.GetValue(folder) ?? file.Directory!).FullName, Path.ChangeExtension(file.Name, ".html"));
                NotebookPage.Write(NotebookDocument.Read(file.FullName), path);
                Console.WriteLine(path);
            }
        });
        return command;
    }

    private static Argument<FileInfo[]> Files() => new("files") { Description = "notebooks (.ipynb)", Arity = ArgumentArity.OneOrMore };

    private static FileInfo[] Existing(FileInfo[] files) =>
        files.FirstOrDefault(f => !f.Exists) is { } missing ? throw new Failure($"there is no notebook {missing}") : files;

    private static void Default(string variable, string value)
    {
        if (string.IsNullOrEmpty(Environment.GetEnvironmentVariable(variable))) Environment.SetEnvironmentVariable(variable, value);
    }

    private static void Show(NotebookProgress at)
    {
        var line = at.FirstLine.Length > 70 ? at.FirstLine[..70] + "…" : at.FirstLine;
        var text = $"  [{at.Cell,2}/{at.Cells}] {line,-72}";
        if (at.Seconds is { } seconds) Console.WriteLine((Console.IsOutputRedirected ? "" : "\r") + $"{text} {seconds,6:0.0} s");
        else if (!Console.IsOutputRedirected) Console.Write(text);
    }
}
