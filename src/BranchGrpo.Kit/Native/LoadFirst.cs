// Linked into every program and test assembly by Directory.Build.targets; the kit's own initialiser does the same.
#if !BRANCHGRPO_KIT
internal static class LoadFirst
{
    [System.Runtime.CompilerServices.ModuleInitializer]
    [System.Diagnostics.CodeAnalysis.SuppressMessage("Usage", "CA2255", Justification = "torch must find its libraries loaded before the first line runs")]
    internal static void Run() => BranchGrpo.Kit.Native.LibTorch.Touch();
}
#endif
