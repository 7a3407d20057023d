using System.Diagnostics;
using System.Globalization;

namespace BranchGrpo.Kit.Notebooks.Kernel;

/// <summary>Notices that the Jupyter process that started this kernel is gone, so that no kernel is left behind.</summary>
internal sealed class ParentWatch : IDisposable
{
    private static readonly TimeSpan period = TimeSpan.FromSeconds(2);
    private readonly Timer? timer;

    /// <param name="gone">Called once it is gone.</param>
    public ParentWatch(Action gone)
    {
        // On Windows the variable holds a handle, not a process number.
        if (OperatingSystem.IsWindows()) return;
        if (!int.TryParse(Environment.GetEnvironmentVariable("JPY_PARENT_PID"), CultureInfo.InvariantCulture, out var parent)) return;
        timer = new(_ =>
        {
            if (!IsAlive(parent)) gone();
        }, null, period, period);
    }

    public void Dispose() => timer?.Dispose();

    private static bool IsAlive(int process)
    {
        try
        {
            using var found = Process.GetProcessById(process);
            return true;
        }
        catch (ArgumentException)
        {
            return false;
        }
    }
}
