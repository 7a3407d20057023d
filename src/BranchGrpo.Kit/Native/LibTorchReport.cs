namespace BranchGrpo.Kit.Native;

/// <summary>Which libtorch the process uses.</summary>
/// <param name="Folder">Where it is; empty where TorchSharp's own packages load it.</param>
/// <param name="Source">What chose it.</param>
/// <param name="Version">Its version.</param>
/// <param name="Shim">TorchSharp's native library as loaded.</param>
/// <param name="IsPatched">Whether that is a copy patched when the process started; copies beside a program were patched by its build.</param>
public sealed record LibTorchReport(string Folder, string Source, string Version, string Shim, bool IsPatched);
