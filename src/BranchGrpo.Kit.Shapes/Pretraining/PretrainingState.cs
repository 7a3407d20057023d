using System.Globalization;
using BranchGrpo.Kit.Native;

namespace BranchGrpo.Kit.Shapes.Pretraining;

/// <summary>The saved state of an unfinished run: weights, moments, averages and the number of steps done.</summary>
internal sealed class PretrainingState(string path, string description)
{
    /// <summary>Metadata key of the options that made a file.</summary>
    public const string Key = "pretraining";

    /// <summary>Copies a saved state into the weights and says how far it was; a state of other options is left aside.</summary>
    public (int Steps, PretrainingFingerprint? Fingerprint) Load(WeightsInTraining weights)
    {
        if (!File.Exists(path)) return (0, null);
        using var file = SafeTensors.Read(path);
        if (!file.Metadata.TryGetValue(Key, out var made) || made != description) return (0, null);
        weights.Restore(file.Tensors);
        var fingerprint = file.Metadata.TryGetValue(PretrainingFingerprint.Key, out var text) ? PretrainingFingerprint.Parse(text) : null;
        return (int.Parse(file.Metadata["steps"], CultureInfo.InvariantCulture), fingerprint);
    }

    public void Save(WeightsInTraining weights, int steps, PretrainingFingerprint? fingerprint)
    {
        var metadata = new Dictionary<string, string> { [Key] = description, ["steps"] = steps.ToString(CultureInfo.InvariantCulture) };
        if (fingerprint is not null) metadata[PretrainingFingerprint.Key] = fingerprint.ToString();
        SafeTensors.Write(path, weights.State, metadata);
    }

    public void Delete() => File.Delete(path);
}
