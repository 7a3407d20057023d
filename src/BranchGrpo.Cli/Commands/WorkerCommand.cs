using System.CommandLine;
using System.Text.Json;
using BranchGrpo.Cli.Compare;

namespace BranchGrpo.Cli.Commands;

/// <summary>The hidden command that <c>compare</c> starts in processes of their own: a job on standard input, messages on standard output.</summary>
internal static class WorkerCommand
{
    public static Command Create()
    {
        var command = new Command("worker", "Runs one job of a comparison.") { Hidden = true };
        command.SetAction(_ => Run());
        return command;
    }

    private static int Run()
    {
        if (Console.In.ReadLine() is not { Length: > 0 } line) throw new Failure("a worker is started by 'compare', with a job as standard input");
        using var stopping = new Stopping();
        new Thread(() =>
        {
            while (Console.In.ReadLine() is not null) { }
            stopping.Request();                                                 // whoever started this process is gone or wants it to end
        })
        { IsBackground = true }.Start();
        try
        {
            var job = JsonSerializer.Deserialize<WorkerJob>(line, WorkerJob.Json)!;
            return WorkerRun.Execute(job, message => message.Print(), stopping.Token) ? 0 : Failure.Stopped;
        }
        catch (Exception e) when (Environment.GetEnvironmentVariable("BRANCHGRPO_TRACE") is null)
        {
            new WorkerMessage(0, 0, 0, Error: Failure.MessageOf(e)).Print();
            return 1;
        }
    }
}
