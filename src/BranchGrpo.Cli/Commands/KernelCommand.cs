using System.CommandLine;
using System.Runtime.ExceptionServices;
using BranchGrpo.Kit.Notebooks.Kernel;
using BranchGrpo.Kit.Notebooks.Session;
using NetMQ;

namespace BranchGrpo.Cli.Commands;

/// <summary><c>branchgrpo kernel</c>: the Jupyter kernel, which JupyterLab, VS Code and nbclient start by its kernelspec.</summary>
internal static class KernelCommand
{
    public static Command Create() => new("kernel", "A Jupyter kernel for C# notebooks.") { Install(), Uninstall(), Run() };

    private static Option<string> Name() => new("--name")
    {
        Description = "name of the kernelspec; with .net-csharp, notebooks made for .NET Interactive open unchanged",
        DefaultValueFactory = _ => "branchgrpo",
    };

    private static Option<DirectoryInfo?> Prefix() => new("--prefix") { Description = "into DIR/share/jupyter, e.g. of a virtual environment" };

    private static Option<bool> User() => new("--user") { Description = "into the user's Jupyter folder; so without --prefix" };

    private static Command Install()
    {
        var (name, prefix, user) = (Name(), Prefix(), User());
        var display = new Option<string>("--display-name") { Description = "what Jupyter shows", DefaultValueFactory = _ => "C# (BranchGrpo.Kit)" };
        var force = new Option<bool>("--force") { Description = "also in place of somebody else's kernelspec" };
        var command = new Command("install", "Write the kernelspec, so that Jupyter finds this kernel.") { name, display, prefix, user, force };
        command.SetAction(parsed =>
        {
            var folder = Folder(parsed.GetValue(name)!, parsed.GetValue(prefix), parsed.GetValue(user));
            Console.WriteLine($"kernelspec written: {KernelSpec.Install(folder, parsed.GetValue(display)!, parsed.GetValue(force))}");
            Console.WriteLine($"it runs: {string.Join(' ', KernelSpec.CommandLine())}");
        });
        return command;
    }

    private static Command Uninstall()
    {
        var (name, prefix, user) = (Name(), Prefix(), User());
        var force = new Option<bool>("--force") { Description = "somebody else's kernelspec too" };
        var command = new Command("uninstall", "Remove the kernelspec.") { name, prefix, user, force };
        command.SetAction(parsed =>
        {
            var folder = Folder(parsed.GetValue(name)!, parsed.GetValue(prefix), parsed.GetValue(user));
            KernelSpec.Uninstall(folder, parsed.GetValue(force));
            Console.WriteLine($"kernelspec removed: {folder}");
        });
        return command;
    }

    private static Command Run()
    {
        var file = new Option<FileInfo>("--connection-file") { Description = "written by the client that starts the kernel", Required = true };
        var command = new Command("run", "Be the kernel; Jupyter calls this.") { file };
        command.SetAction(parsed =>
        {
            ExceptionHandling.SetUnhandledExceptionHandler(Outlive);
            var errors = Console.Error;                                         // a running cell has its own
            var connection = ConnectionFile.Read(parsed.GetValue(file)!.FullName);
            using (var kernel = new KernelHost(connection, new NotebookSession(Directory.GetCurrentDirectory()), errors)) kernel.Run();
            NetMQConfig.Cleanup();                                              // what was sent last goes out before the process ends
            Environment.Exit(0);                                                // threads that cells have left do not keep it
        });
        return command;
    }

    // A thread or a finalizer of a cell's making that fails shall not take the notebook's state along.
    private static bool Outlive(Exception e)
    {
        if (e is not OperationCanceledException) Console.Error.WriteLine($"A thread that a cell has left failed: {e}");
        return true;
    }

    private static string Folder(string name, DirectoryInfo? prefix, bool user)
    {
        if (prefix is not null && user) throw new Failure("--prefix and --user exclude each other");
        return JupyterFolders.KernelSpec(prefix?.FullName, name);
    }
}
