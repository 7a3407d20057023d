using System.Diagnostics;
using System.Text.Json;

namespace BranchGrpo.Cli.Compare;

/// <summary>Runs a job in a process of its own: the same executable, one thread. Its standard input is a lifeline: closed, it saves and
/// ends.</summary>
internal static class WorkerProcess
{
    /// <summary>Threads of libtorch and OpenMP that spin while they wait ruin whatever runs beside them.</summary>
    private static readonly Dictionary<string, string> Environments = new()
    {
        ["OMP_NUM_THREADS"] = "1",
        ["MKL_NUM_THREADS"] = "1",
        ["OMP_WAIT_POLICY"] = "PASSIVE",
        ["DOTNET_gcServer"] = "0",
        ["DOTNET_gcConcurrent"] = "0",
    };

    /// <summary>Runs to the end, or until stopped.</summary>
    /// <returns>Null when the job was completed or stopped; otherwise why it failed.</returns>
    public static async Task<string?> RunAsync(WorkerJob job, Action<WorkerMessage> report, CancellationToken stop)
    {
        using var process = Process.Start(StartInfo())!;
        string? error = null;
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        using var lifeline = stop.Register(process.StandardInput.Close);
        try
        {
            await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(job, WorkerJob.Json));
            await process.StandardInput.FlushAsync(CancellationToken.None);
        }
        catch (Exception e) when (e is IOException or ObjectDisposedException)
        {
            // It ended, or was told to, before it could read: the exit code below says how.
        }
        while (await process.StandardOutput.ReadLineAsync(CancellationToken.None) is { } line)
        {
            if (WorkerMessage.Parse(line) is not { } message) continue;
            error = message.Error ?? error;
            if (message.Error is null) report(message);
        }
        await process.WaitForExitAsync(CancellationToken.None);
        if (process.ExitCode is 0 or Failure.Stopped) return error;
        var said = (await errors).Trim().Split('\n')[^1];
        return error ?? $"worker ended with code {process.ExitCode}{(said.Length > 0 ? ": " + said : "")}";
    }

    private static ProcessStartInfo StartInfo()
    {
        var self = Environment.ProcessPath!;
        var start = new ProcessStartInfo(self)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        if (Path.GetFileNameWithoutExtension(self) == "dotnet") start.ArgumentList.Add(typeof(WorkerProcess).Assembly.Location);
        start.ArgumentList.Add("worker");
        foreach (var (name, value) in Environments) start.Environment[name] = value;
        return start;
    }
}
