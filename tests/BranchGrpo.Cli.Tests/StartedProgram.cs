using System.Diagnostics;

namespace BranchGrpo.Cli.Tests;

/// <summary>The program as a user starts it, in a process of its own.</summary>
internal static class StartedProgram
{
    /// <summary>Runs to the end.</summary>
    public static async Task<(int Code, string Output, string Error)> RunAsync(
        string folder, string arguments, params (string Name, string Value)[] environment)
    {
        using var process = Start(folder, arguments, environment);
        var (output, error) = (process.StandardOutput.ReadToEndAsync(), process.StandardError.ReadToEndAsync());
        await process.WaitForExitAsync();
        return (process.ExitCode, await output, await error);
    }

    /// <summary>Starts it; the caller reads what it prints and disposes it.</summary>
    public static Process Start(string folder, string arguments, params (string Name, string Value)[] environment)
    {
        var program = Path.Combine(AppContext.BaseDirectory, "branchgrpo.dll");
        var start = new ProcessStartInfo("dotnet", $"\"{program}\" {arguments}")
        {
            WorkingDirectory = folder,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        foreach (var (name, value) in environment) start.Environment[name] = value;
        start.Environment["OMP_WAIT_POLICY"] = "PASSIVE";
        var process = Process.Start(start)!;
        process.StandardInput.Close();
        return process;
    }
}
