using BranchGrpo.Kit.Models.Library;

namespace BranchGrpo.Cli.Compare;

/// <summary>Runs jobs in so many processes side by side, in the order of the list.</summary>
internal static class WorkerPool
{
    /// <summary>Bytes that each of several processes may count on.</summary>
    public static long MemoryOf(string device, int processes) => DeviceMemory.Available(EmbeddedTask.Find(device)) / processes;

    /// <summary>Runs all jobs; the failure of one does not stop the others.</summary>
    /// <returns>One line for each job that failed.</returns>
    public static async Task<IReadOnlyList<string>> RunAsync(
        IReadOnlyList<WorkerJob> jobs, int slots, ProgressBoard board, CancellationToken stop)
    {
        var queue = new Queue<WorkerJob>(jobs);
        var failures = new List<string>();
        var running = new List<Task>();
        while (queue.Count > 0 || running.Count > 0)
        {
            while (running.Count < slots && queue.Count > 0 && !stop.IsCancellationRequested) running.Add(RunOneAsync(queue.Dequeue()));
            if (running.Count == 0) break;
            var ended = await Task.WhenAny(running);
            running.Remove(ended);
            await ended;
        }
        return failures;

        async Task RunOneAsync(WorkerJob job)
        {
            board.Begin(job);
            var error = await WorkerProcess.RunAsync(job, message => board.Report(job, message), stop);
            board.End(job, error);
            if (error is not null) lock (failures) failures.Add($"{job.Name}: {error}");
        }
    }
}
