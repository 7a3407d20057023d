using System.Text;

namespace BranchGrpo.Kit;

/// <summary>Appends events to a record file, each in one write, and cuts off what a checkpoint does not cover.</summary>
internal sealed class RunLog : IDisposable
{
    private readonly FileStream file, gate;
    private readonly List<(RunEvent Event, long End)> lines;

    private RunLog(FileStream file, FileStream gate, string path)
    {
        (this.file, this.gate) = (file, gate);
        var bytes = new byte[file.Length];
        file.ReadExactly(bytes);
        lines = RunRecord.Parse(bytes, path);
    }

    public RunRecord Record => new(lines.Select(line => line.Event));

    /// <summary>Opens or creates the file, for one writer at a time; readers may look. A torn last line disappears with the next write.</summary>
    /// <exception cref="IOException">Another process, or another part of this one, writes it.</exception>
    public static RunLog Open(string path)
    {
        var gate = Enter(path);
        FileStream? file = null;
        try
        {
            file = new FileStream(path, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.Read);
            return new RunLog(file, gate, path);
        }
        catch
        {
            file?.Dispose();
            gate.Dispose();
            throw;
        }
    }

    public void Append(RunEvent item)
    {
        var end = lines is [.., var last] ? last.End : 0;
        if (file.Length != end) file.SetLength(end);
        file.Position = end;
        file.Write(Encoding.UTF8.GetBytes(item.ToJson() + "\n"));
        file.Flush();
        lines.Add((item, file.Position));
    }

    /// <summary>Drops the end, and everything after so many iterations: it will happen again.</summary>
    public void KeepUpTo(int iteration)
    {
        var kept = lines.FindIndex(line => line.Event is RunEvent.Ended || line.Event.Iteration > iteration);
        if (kept < 0) return;
        lines.RemoveRange(kept, lines.Count - kept);
        file.SetLength(lines is [.., var last] ? last.End : 0);
        file.Flush();
    }

    /// <summary>Puts what was written on the disk, so that a checkpoint is never ahead of its record.</summary>
    public void Sync() => file.Flush(flushToDisk: true);

    public void Dispose()
    {
        file.Dispose();
        gate.Dispose();
    }

    // On Unix a file that readers may share is not closed to other writers, so a file of its own stands for the right to write.
    private static FileStream Enter(string path)
    {
        var gate = Path.ChangeExtension(path, ".lock");
        try
        {
            return new FileStream(gate, FileMode.OpenOrCreate, FileAccess.ReadWrite, FileShare.None);
        }
        catch (IOException e) when (File.Exists(gate))
        {
            throw new IOException($"{path} is being written by another run; wait until it has ended, or choose another folder.", e);
        }
    }
}
